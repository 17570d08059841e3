//! What the doors say about themselves in the documentation, a file for each set of doors.

pub(crate) mod accounts;
pub(crate) mod device;
pub(crate) mod jwt;
pub(crate) mod login_list;
pub(crate) mod rest_auth;
pub(crate) mod second_factor;
#[cfg(feature = "social")]
pub(crate) mod social;

use portcullis_web::{Content, Description, Field};

use crate::SignUpMode;

/// A log-in: what it is called, and the refusals that all of them share.
fn log_in_called(summary: &'static str) -> Description {
    Description::new(summary).answer(
        429,
        "Too many log-ins failed, of this account or from this address.",
        Content::Detail,
    )
}

/// By what a log-in names somebody, where both will do.
fn either_name() -> [Field; 2] {
    let name = |name: &'static str| Field::text(name).optional().max(254);
    [
        name("username").about("This, or an e-mail address."),
        name("email").about("Looked at where there is no username."),
    ]
}

/// What a log-in of somebody with a second factor brings.
fn second_factor() -> [Field; 3] {
    [
        Field::text("code")
            .optional()
            .about("Of an authenticator app, or a recovery code; for whoever has a second factor."),
        Field::text("pending")
            .optional()
            .about("Instead of name and password, with a code: what the state second_factor gave."),
        with_state(),
    ]
}

/// The field by which the state is asked for.
fn with_state() -> Field {
    Field::boolean("with_state")
        .optional()
        .about("Whether the answer has the state, too.")
}

/// The field that a sign-up by invitation wants.
fn invitation(mode: SignUpMode) -> Option<Field> {
    let field = Field::text("invitation").about("For this address, and once.");
    (mode == SignUpMode::Invitation).then_some(field)
}

/// The refusals that all sign-ups share.
fn signs_up(description: Description, mode: SignUpMode) -> Description {
    let too_many = "Too many sign-ups from this address.";
    let description = description.answer(429, too_many, Content::Detail);
    match mode {
        SignUpMode::Open | SignUpMode::Invitation => description,
        SignUpMode::Closed => description.answer(403, "Nobody may sign up.", Content::Detail),
    }
}

/// The body of an answer that simplejwt words.
fn coded() -> [Field; 2] {
    [
        Field::text("detail"),
        Field::text("code").about("Such as token_not_valid."),
    ]
}

/// A method that is there to be refused, as in Django's packages.
pub(crate) fn never() -> Description {
    Description::new("Not allowed").answer(405, "Always.", Content::Detail)
}
