//! simplejwt's doors, and the public keys.

use portcullis_web::{Content, Description, Field};

use super::{coded, either_name, log_in_called, second_factor};

/// The log-in; `name` is the one field that it takes the name from, where there is one.
pub(crate) fn obtain(name: Option<&'static str>) -> Description {
    let mut fields = match name {
        Some(name) => vec![Field::text(name).max(254)],
        None => either_name().into(),
    };
    fields.push(Field::password("password"));
    fields.extend(second_factor());
    log_in_called("Log in for JWTs")
        .fields(fields)
        .answer(
            200,
            "Two tokens, of one log-in.",
            [Field::text("refresh"), Field::text("access")],
        )
        .answer(401, "Name or password is wrong.", Content::Detail)
}

/// The refresh; `rotates` when the token that is sent is dead afterwards.
pub(crate) fn refresh(rotates: bool) -> Description {
    let mut fields = vec![Field::text("access")];
    if rotates {
        fields.push(Field::text("refresh").about("In place of the one that was sent."));
    }
    Description::new("Get the next access token")
        .fields([Field::text("refresh")])
        .answer(200, "What to go on with.", fields)
        .answer(401, "The token is not good, or was used before.", coded())
}

pub(crate) fn verify() -> Description {
    Description::new("Is this token good?")
        .fields([Field::text("token").about("Of either kind.")])
        .answer(200, "It is.", Vec::new())
        .answer(401, "It is not.", coded())
}

pub(crate) fn blacklist() -> Description {
    Description::new("Log out: end a refresh token")
        .notes("The log-in ends with it, and its access tokens.")
        .fields([Field::text("refresh")])
        .answer(200, "It has ended.", Vec::new())
        .answer(401, "The token is not good, or was ended before.", coded())
}

pub(crate) fn keys() -> Description {
    let optional = |name: &'static str| Field::text(name).optional();
    Description::new("Public keys of JWTs, as JWKs")
        .notes("For services that verify tokens by themselves. A shared secret is not shown.")
        .answer(
            200,
            "The keys, newest first.",
            [Field::list(
                "keys",
                [
                    Field::text("kty"),
                    optional("kid"),
                    optional("alg"),
                    optional("use"),
                ],
            )],
        )
}
