//! `portcullis.example.toml`, made of the list of settings.

use super::fields::FIELDS;
use super::layers::variable_of;

/// The example file: every setting with what it means and its default, commented out.
#[must_use]
pub fn example() -> String {
    let mut text = "# Settings of Portcullis; made by `portcullis settings --example`.\n\
                    # Copy it to portcullis.toml. Stronger than this file are environment variables,\n\
                    # PORTCULLIS_LISTEN and the like, and stronger than these are flags.\n"
        .to_owned();
    let mut table = "";
    for field in FIELDS {
        if field.key == "secret_key" {
            let variable = variable_of(field.key);
            text += &format!("\n# The secret key is not set here but by {variable}, or kept in:\n");
            continue;
        }
        let (above, name) = field.key.split_once('.').unwrap_or(("", field.key));
        if above != table {
            table = above;
            text += &format!("\n[{table}]\n");
        } else if field.key != "secret_key_file" {
            text += "\n";
        }
        for line in field.docs {
            text += &format!("#{line}\n");
        }
        match (field.default)() {
            None if field.key == "jwt.signing_key" => {
                text += &format!("# Not set; by {}.\n", variable_of(field.key));
            }
            Some(default) => text += &format!("# {name} = {default}\n"),
            None => {
                // What is wanted ends with an example.
                let wanted = (field.wanted)();
                let example = wanted.rsplit("such as ").next().unwrap_or_default();
                text += &format!("# Not set; such as:\n# {name} = {example}\n");
            }
        }
    }
    text
}
