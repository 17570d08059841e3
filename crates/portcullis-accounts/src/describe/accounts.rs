//! The doors of a fresh install.

use portcullis_web::{Content, Description, Field};

use super::{either_name, invitation, log_in_called, second_factor, signs_up, with_state};
use crate::{AccountSettings, EmailVerification};

pub(crate) fn sign_up(settings: &AccountSettings) -> Description {
    let fields = [
        Field::email("email").max(150),
        Field::password("password").max(1024),
    ];
    let fields = fields.into_iter().chain(invitation(settings.signup));
    let description =
        signs_up(Description::new("Sign up"), settings.signup).fields(fields.chain([with_state()]));
    match settings.email_verification {
        EmailVerification::Mandatory => description.answer(
            201,
            "The address has to be confirmed, by a link in a mail.",
            [Field::text("detail"), state()],
        ),
        EmailVerification::Optional | EmailVerification::None => {
            let [email, token] = made();
            let text = "An account, and its first token.";
            description.answer(201, text, [email, token, state()])
        }
    }
}

pub(crate) fn administrator() -> Description {
    Description::new("Make an administrator")
        .notes(
            "For administrators. Where there is none yet, the key that the server printed when it was \
             started makes the first one.",
        )
        .fields([
            Field::email("email").max(150),
            Field::password("password").max(1024),
            Field::text("setup_key")
                .optional()
                .about("Good for an hour, and once."),
        ])
        .answer(201, "An account, and its first token.", made())
        .answer(
            401,
            "Nobody asks, and there is no good key.",
            Content::Detail,
        )
        .answer(403, "No administrator asks.", Content::Detail)
}

pub(crate) fn invite() -> Description {
    Description::new("Invite somebody")
        .notes("For administrators. Where there is mail, a link goes to the address.")
        .fields([Field::email("email").max(150)])
        .answer(
            201,
            "An invitation, good for that address, and once.",
            [
                Field::email("email"),
                Field::text("invitation"),
                Field::moment("expires"),
                Field::boolean("sent").about("Whether a mail is on its way."),
            ],
        )
}

fn made() -> [Field; 2] {
    [Field::email("email"), Field::text("token")]
}

pub(crate) fn log_in() -> Description {
    let [username, email] = either_name();
    log_in_called("Log in for a token")
        .notes("A wrong name or password is answered 400.")
        .fields([username, email, Field::password("password")].into_iter().chain(second_factor()))
        .answer(
            200,
            "A token, for this device; or, where the state was asked for, that a second factor is next.",
            [
                Field::text("token").optional(),
                state(),
                Field::text("detail").optional(),
                Field::text("pending").optional().about("Stands for the password, for five minutes."),
                Field::texts("factors").optional().about("What can be brought: totp, recovery_code."),
            ],
        )
        .answer(403, "So many tokens are too many.", Content::Detail)
}

pub(crate) fn validate() -> Description {
    Description::new("Is this credential good?").answer(200, "It is.", Content::Detail)
}

pub(crate) fn user() -> Description {
    Description::new("Who am I?").answer(
        200,
        "The user of this credential.",
        [Field::text("email")],
    )
}

pub(crate) fn change_email() -> Description {
    Description::new("Change my address")
        .notes("It counts when it is confirmed, by a link in a mail; the old one is told.")
        .fields([Field::email("email").max(150), Field::password("password")])
        .answer(200, "For every address, taken or not.", Content::Detail)
        .answer(403, "There is no mail.", Content::Detail)
        .answer(
            429,
            "The password was wrong too often, or too many mails were asked for.",
            Content::Detail,
        )
}

pub(crate) fn log_out() -> Description {
    Description::new("Log out: end this token").answer(204, "It has ended.", Content::Nothing)
}

pub(crate) fn csrf_cookie() -> Description {
    Description::new("Get the CSRF cookie").answer(
        200,
        "The cookie is set; its value goes into a header of the log-in.",
        Content::Detail,
    )
}

pub(crate) fn log_in_by_session() -> Description {
    let [username, email] = either_name();
    log_in_called("Log in for a session")
        .notes("A wrong name or password is answered 400.")
        .fields(
            [username, email, Field::password("password")]
                .into_iter()
                .chain(second_factor()),
        )
        .answer(200, "A session, in its cookie.", Content::Detail)
        .answer(403, "Another site sent it.", Content::Detail)
}

pub(crate) fn log_out_of_any() -> Description {
    Description::new("Log out: end this session or token").answer(
        204,
        "It has ended.",
        Content::Nothing,
    )
}

fn state() -> Field {
    Field::text("state").optional().about(
        "What is next: done, email_to_confirm, second_factor, or another of a later version.",
    )
}
