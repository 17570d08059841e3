//! knox' doors.

use portcullis_web::{Content, Description, Field};

use super::{log_in_called, second_factor};

pub(crate) fn log_in(shows_user: bool) -> Description {
    let basic = log_in_called("Log in by Basic for a token");
    let basic = basic.notes("Whoever has a second factor is refused: Basic has no place for it.");
    issues(basic, shows_user)
}

pub(crate) fn log_in_json(shows_user: bool) -> Description {
    let description = log_in_called("Log in for a token")
        .notes("A wrong name or password is answered 400.")
        .fields(
            [
                Field::text("username")
                    .max(254)
                    .about("Or an e-mail address."),
                Field::password("password"),
            ]
            .into_iter()
            .chain(second_factor()),
        );
    issues(description, shows_user)
}

fn issues(description: Description, shows_user: bool) -> Description {
    let mut fields = vec![
        Field::moment("expiry")
            .or_null()
            .about("When the token ends; null: never."),
        Field::text("token"),
    ];
    if shows_user {
        fields.push(Field::object("user", [Field::text("username")]));
    }
    description
        .answer(200, "A token, for this device.", fields)
        .answer(403, "So many tokens are too many.", [Field::text("error")])
}

pub(crate) fn log_out() -> Description {
    Description::new("Log out: end this token").answer(204, "It has ended.", Content::Nothing)
}

pub(crate) fn log_out_all() -> Description {
    let text = "They have ended.";
    Description::new("End all of the user's tokens").answer(204, text, Content::Nothing)
}
