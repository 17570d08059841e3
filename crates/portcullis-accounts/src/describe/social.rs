//! The doors of social log-in.

use portcullis_web::{Content, Description, Field};

use super::rest_auth::Ways;

pub(crate) fn providers() -> Description {
    let fields = vec![
        Field::text("provider").about("Its name in paths, such as github."),
        Field::text("label").about("What people are shown, such as GitHub."),
    ];
    Description::new("List the providers").answer(
        200,
        "Those that people can log in by.",
        Content::List(fields),
    )
}

pub(crate) fn start() -> Description {
    let fields = [
        Field::text("next")
            .optional()
            .about("Where to go afterwards: a path of ours."),
        Field::text("callback")
            .optional()
            .about("Where to come back: server or app."),
        Field::boolean("connect")
            .optional()
            .about("To link the account at the provider to one's own."),
        Field::text("invitation").optional(),
        Field::text("code_challenge")
            .optional()
            .about("Of a verifier that the app keeps to itself (S256)."),
    ];
    let answer = [
        Field::text("authorization_url").about("Where to send the browser."),
        Field::text("state").about("What it brings back."),
    ];
    unknown(limited(
        Description::new("Begin a log-in by a provider")
            .notes("It can be ended in the same browser alone, once, within ten minutes.")
            .fields(fields)
            .answer(200, "Where to go; and a cookie.", answer),
    ))
}

pub(crate) fn send() -> Description {
    unknown(limited(
        Description::new("Go to a provider")
            .notes("For links on pages of this site: others are refused.")
            .answer(
                302,
                "To the provider; and a cookie.",
                Content::Text("text/html"),
            ),
    ))
}

pub(crate) fn callback() -> Description {
    ends(Description::new("Come back from a provider").answer(
        303,
        "To where the log-in was to go; and a session.",
        Content::Text("text/html"),
    ))
}

pub(crate) fn callback_by_form() -> Description {
    let texts = ["code", "state", "iss", "error"];
    let fields = texts.map(|name| Field::text(name).optional());
    unknown(
        Description::new("Come back from a provider that sends a form")
            .fields(fields)
            .answer(303, "To the same by GET.", Content::Text("text/html")),
    )
}

pub(crate) fn exchange() -> Description {
    ends(
        Description::new("Log in by what a provider sent an app")
            .notes("With code and state in the query.")
            .answer(200, "A session.", Content::Detail),
    )
}

pub(crate) fn exchange_by_form() -> Description {
    let fields = [
        Field::text("code"),
        Field::text("state"),
        Field::text("code_verifier").optional(),
        Field::text("iss").optional(),
    ];
    ends(
        Description::new("Log in by what a provider sent an app")
            .fields(fields)
            .answer(200, "A session.", Content::Detail),
    )
}

pub(crate) fn accounts() -> Description {
    Description::new("List one's accounts at providers").answer(
        200,
        "The oldest first.",
        Content::List(account()),
    )
}

pub(crate) fn unlink() -> Description {
    Description::new("Unlink an account at a provider")
        .answer(204, "It is no way to log in any more.", Content::Nothing)
        .answer(404, "It is none of one's own.", Content::Detail)
        .answer(
            400,
            "It is the last way to log in.",
            Content::Fields(vec![Field::text("non_field_errors")]),
        )
}

impl Ways {
    /// dj-rest-auth's door of a log-in.
    pub(crate) fn social_log_in(self) -> Description {
        let what = "Logged in.";
        limited(
            Description::new("Log in by a provider")
                .notes("By code and state, or by an ID token that was made for us.")
                .fields(proof())
                .answer(200, what, self.credentials())
                .answer(403, "Another site sent it.", Content::Detail),
        )
    }

    /// dj-rest-auth's door of a link.
    pub(crate) fn social_connect(self) -> Description {
        limited(
            Description::new("Link an account at a provider")
                .notes("The log-in must have been begun with connect.")
                .fields(proof())
                .answer(200, "It is a way to log in now.", self.credentials()),
        )
    }
}

/// dj-rest-auth's door of an unlinking.
pub(crate) fn disconnect() -> Description {
    Description::new("Unlink an account at a provider")
        .answer(
            200,
            "It is no way to log in any more.",
            Content::Fields(Vec::new()),
        )
        .answer(404, "It is none of one's own.", Content::Detail)
}

/// What dj-rest-auth's doors take.
fn proof() -> [Field; 6] {
    [
        Field::text("code")
            .optional()
            .about("With the state of a log-in that was begun here."),
        Field::text("state").optional(),
        Field::text("code_verifier").optional(),
        Field::text("id_token")
            .optional()
            .about("Made for us; instead of a code."),
        Field::text("access_token")
            .optional()
            .about("Of GitHub and Facebook, made for us; of others where compat.social_access_token is on."),
        Field::text("invitation").optional(),
    ]
}

/// An account at a provider.
fn account() -> Vec<Field> {
    vec![
        Field::integer("id"),
        Field::text("provider"),
        Field::text("uid"),
        Field::moment("last_login"),
        Field::moment("date_joined"),
    ]
}

fn ends(description: Description) -> Description {
    let why = "The log-in was not begun in this browser, or the provider does not say who it is.";
    unknown(limited(description.answer(400, why, Content::Detail)))
}

fn limited(description: Description) -> Description {
    description.answer(429, "Too many log-ins from this address.", Content::Detail)
}

fn unknown(description: Description) -> Description {
    description.answer(404, "There is no such provider.", Content::Detail)
}
