//! dj-rest-auth's doors.

use portcullis_web::{Content, Description, Field};

use super::{coded, either_name, invitation, log_in_called, second_factor, signs_up};
use crate::{LoginNames, SignUpMode};

/// What the doors' bodies depend on.
#[derive(Clone, Copy)]
pub(crate) struct Ways {
    pub(crate) names: LoginNames,
    pub(crate) signup: SignUpMode,
    pub(crate) username_required: bool,
    pub(crate) old_password: bool,
    pub(crate) opens_session: bool,
    pub(crate) has_jwt: bool,
    pub(crate) must_confirm: bool,
}

impl Ways {
    fn username(self) -> Option<Field> {
        let field = Field::text("username").max(150);
        match self.names {
            LoginNames::Email => None,
            LoginNames::Username => Some(field),
            LoginNames::Either if self.username_required => Some(field),
            LoginNames::Either => Some(field.optional().about("Without one, the address is it.")),
        }
    }

    /// A user, as these doors show them.
    fn user(self) -> Vec<Field> {
        let mut fields = vec![Field::integer("pk")];
        if self.names.has_username() {
            fields.push(Field::text("username"));
        }
        fields.extend(["email", "first_name", "last_name"].map(Field::text));
        fields
    }

    /// What somebody gets who is logged in.
    pub(super) fn credentials(self) -> Vec<Field> {
        if !self.has_jwt {
            return vec![Field::text("key").about("A token.")];
        }
        vec![
            Field::text("access"),
            Field::text("refresh").about("Empty: it is in its cookie only."),
            Field::object("user", self.user()),
            Field::moment("access_expiration"),
            Field::moment("refresh_expiration"),
        ]
    }

    pub(crate) fn log_in(self) -> Description {
        let mut fields = match self.names {
            LoginNames::Either => either_name().into(),
            LoginNames::Email => vec![Field::email("email").max(254)],
            LoginNames::Username => vec![Field::text("username").max(254)],
        };
        fields.push(Field::password("password"));
        fields.extend(second_factor());
        let what = match (self.has_jwt, self.opens_session) {
            (true, _) => "JWTs, also in their cookies.",
            (false, true) => "A token, and a session in its cookie.",
            (false, false) => "A token.",
        };
        let mut description = log_in_called("Log in")
            .notes("A wrong name or password is answered 400.")
            .fields(fields)
            .answer(200, what, self.credentials());
        if self.opens_session {
            description = description.answer(403, "Another site sent it.", Content::Detail);
        }
        if !self.has_jwt {
            let text = "So many tokens are too many.";
            description = description.answer(403, text, Content::Detail);
        }
        description
    }

    pub(crate) fn log_out(self) -> Description {
        let description = Description::new("Log out: end this token and session").answer(
            200,
            "Nobody is logged in by them any more.",
            Content::Detail,
        );
        if self.has_jwt {
            let text = "There is no good refresh token in its cookie.";
            return description.answer(401, text, Content::Detail);
        }
        match self.opens_session {
            true => description,
            false => description.answer(400, "No token was sent.", Content::Detail),
        }
    }

    pub(crate) fn show(self) -> Description {
        Description::new("Who am I?").answer(200, "The user of this credential.", self.user())
    }

    pub(crate) fn replace(self) -> Description {
        let username = self.names.has_username();
        let username = username.then(|| Field::text("username").max(150));
        self.changes("Change my account", username)
    }

    pub(crate) fn change(self) -> Description {
        let username = self.names.has_username();
        let username = username.then(|| Field::text("username").max(150).optional());
        self.changes("Change parts of my account", username)
    }

    fn changes(self, summary: &'static str, username: Option<Field>) -> Description {
        let name = |name: &'static str| Field::text(name).max(150).optional();
        let fields = username
            .into_iter()
            .chain([name("first_name"), name("last_name")]);
        Description::new(summary).fields(fields).answer(
            200,
            "The user as they are now.",
            self.user(),
        )
    }

    pub(crate) fn change_password(self) -> Description {
        let old = Field::password("old_password").max(128);
        let fields = self.old_password.then_some(old).into_iter();
        let text = "The old password was wrong too often.";
        Description::new("Change the password")
            .notes("Ends what the old one opened elsewhere.")
            .fields(fields.chain(new_password()))
            .answer(200, "It is changed.", Content::Detail)
            .answer(429, text, Content::Detail)
    }

    pub(crate) fn register(self) -> Description {
        let typed = ["password1", "password2"].map(|name| Field::password(name).max(1024));
        let fields = self.username().into_iter();
        let fields = fields.chain([Field::email("email").max(150)]).chain(typed);
        let fields = fields.chain(invitation(self.signup));
        let description = signs_up(Description::new("Sign up"), self.signup).fields(fields);
        match self.must_confirm {
            true => description.answer(
                201,
                "The address has to be confirmed, by a link in a mail.",
                Content::Detail,
            ),
            false => description.answer(201, "An account, and logged in.", self.credentials()),
        }
    }
}

fn new_password() -> [Field; 2] {
    ["new_password1", "new_password2"].map(|name| Field::password(name).max(128))
}

pub(crate) fn ask_reset() -> Description {
    Description::new("Ask for a link for a new password")
        .fields([Field::email("email")])
        .answer(200, "For every address, known or not.", Content::Detail)
        .answer(429, "Too many mails were asked for.", Content::Detail)
}

pub(crate) fn reset() -> Description {
    let link = ["uid", "token"].map(|name| Field::text(name).about("Of the link."));
    Description::new("Set a new password by a link")
        .fields(link.into_iter().chain(new_password()))
        .answer(200, "It is set.", Content::Detail)
        .answer(429, "Too many wrong links.", Content::Detail)
}

pub(crate) fn confirm_email() -> Description {
    Description::new("Confirm an address")
        .fields([Field::text("key").about("Of the link.")])
        .answer(200, "It is confirmed.", Content::Detail)
        .answer(404, "The key is not good.", Content::Detail)
        .answer(429, "Too many wrong keys.", Content::Detail)
}

pub(crate) fn resend() -> Description {
    Description::new("Ask for the confirming mail again")
        .fields([Field::email("email")])
        .answer(200, "For every address, known or not.", Content::Detail)
        .answer(429, "Too many mails were asked for.", Content::Detail)
}

pub(crate) fn refresh() -> Description {
    let sent = Field::text("refresh")
        .optional()
        .about("Without it, the cookie's.");
    Description::new("Get the next access token")
        .fields([sent])
        .answer(
            200,
            "What to go on with, also in the cookies.",
            [Field::text("access"), Field::moment("access_expiration")],
        )
        .answer(401, "The token is not good, or was used before.", coded())
}
