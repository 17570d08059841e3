//! The doors of one's own logins, and of those of others.

use portcullis_web::{Content, Description, Field};

pub(crate) fn list() -> Description {
    let text = "Those that are not over, the newest first.";
    Description::new("List one's logins").answer(200, text, logins())
}

fn logins() -> Content {
    Content::List(vec![
        Field::integer("id"),
        Field::text("device").about("What the client calls itself."),
        Field::text("scheme").about("session, device or jwt; others may come."),
        Field::moment("created"),
        Field::moment("last_seen"),
        Field::moment("expires").or_null(),
        Field::text("address").or_null(),
        Field::boolean("current").about("Whether the request came with this one's credential."),
    ])
}

pub(crate) fn end() -> Description {
    Description::new("End one of them")
        .answer(204, "It is over, with its credential.", Content::Nothing)
        .answer(404, "It is none of one's own.", Content::Detail)
}

pub(crate) fn end_others() -> Description {
    Description::new("End all but the one that asks").answer(200, "How many.", ended())
}

pub(crate) fn end_all() -> Description {
    Description::new("End all of them").answer(200, "How many.", ended())
}

pub(crate) fn list_of_user() -> Description {
    let text = "Those that are not over, the newest first.";
    of_user(Description::new("List the logins of a user")).answer(200, text, logins())
}

pub(crate) fn end_of_user() -> Description {
    of_user(Description::new("End one of them")).answer(
        204,
        "It is over, with its credential.",
        Content::Nothing,
    )
}

pub(crate) fn end_all_of_user() -> Description {
    of_user(Description::new("End all of them")).answer(200, "How many.", ended())
}

/// What is said of a user by their name.
fn of_user(description: Description) -> Description {
    description
        .notes("For administrators. The name is a log-in name or an e-mail address.")
        .answer(
            404,
            "There is no such user, or login of theirs.",
            Content::Detail,
        )
}

fn ended() -> Content {
    Content::Fields(vec![Field::integer("ended")])
}
