//! Second factors, and proving again who one is.

use portcullis_web::{Content, Description, Field};

pub(crate) fn reauthenticate() -> Description {
    Description::new("Confirm that it is me")
        .notes("Before what a stolen login must not do. With a second factor its code counts, else the password.")
        .fields([
            Field::password("password").optional(),
            Field::text("code").optional().about("Of an authenticator app, or a recovery code."),
        ])
        .answer(
            200,
            "This login counts as one that was just opened.",
            [Field::text("detail"), Field::moment("until")],
        )
        .answer(429, "Too many were wrong.", Content::Detail)
}

pub(crate) fn list() -> Description {
    Description::new("My second factors").answer(
        200,
        "What is asked for at a log-in.",
        [
            Field::boolean("totp").about("Whether codes of an authenticator app are."),
            Field::integer("recovery_codes").about("How many are left."),
        ],
    )
}

pub(crate) fn set_up() -> Description {
    risky("Begin with an authenticator app", [])
        .notes("Nothing is asked for before it has shown a code at the next door.")
        .answer(
            200,
            "What the app must know, and what the next door wants back within 15 minutes.",
            [
                Field::text("secret").about("In base 32, for typing."),
                Field::text("uri").about("The same for a picture: otpauth://totp/…"),
                Field::text("setup"),
            ],
        )
}

pub(crate) fn add() -> Description {
    let fields = [
        Field::text("setup"),
        Field::text("code").about("What the app shows now."),
    ];
    codes(risky("Have its codes asked for", fields))
}

pub(crate) fn remove() -> Description {
    risky("Remove the authenticator app", [])
        .answer(204, "Its codes are asked for no longer.", Content::Nothing)
        .answer(404, "There is none.", Content::Detail)
}

pub(crate) fn renew() -> Description {
    codes(risky("New recovery codes", [])).answer(
        404,
        "There is no second factor.",
        Content::Detail,
    )
}

fn codes(description: Description) -> Description {
    description.answer(
        201,
        "Recovery codes, each good once: they are shown here alone, and old ones are over.",
        [Field::texts("recovery_codes")],
    )
}

/// What wants a login that proved itself lately.
fn risky<const N: usize>(summary: &'static str, fields: [Field; N]) -> Description {
    let proofs = [
        Field::password("password")
            .optional()
            .about("Instead of a confirmed login, where there is no second factor."),
        Field::text("factor_code")
            .optional()
            .about("Instead of a confirmed login, where there is one."),
    ];
    Description::new(summary)
        .fields(fields.into_iter().chain(proofs))
        .answer(403, "Confirm first that it is you.", Content::Detail)
        .answer(
            429,
            "Too many codes or passwords were wrong.",
            Content::Detail,
        )
}
