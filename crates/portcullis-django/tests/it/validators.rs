//! Validators against Django's own.

use crate::vectors;
use portcullis_django::validators::{
    PasswordPolicy, UserAttributes, UsernameAlphabet, ValidationError, is_common, quick_ratio,
    validate_email, validate_username,
};
use serde_json::{Value, json};

fn as_json(error: &ValidationError) -> Value {
    json!({"code": error.code, "message": error.message})
}

fn compare(got: &Value, want: &Value) -> Result<(), String> {
    if got == want {
        Ok(())
    } else {
        Err(format!("got {got}, want {want}"))
    }
}

fn check(op: &str, input: &Value, expect: &Value) -> Result<(), String> {
    let text = |name: &str| input[name].as_str().unwrap_or_default();
    match op {
        "password" => {
            let user = input["user"].as_object().map(|user| {
                let known = ["username", "first_name", "last_name", "email"];
                assert!(
                    user.keys().all(|key| known.contains(&key.as_str())),
                    "{user:?}"
                );
                let value = |name: &str| user.get(name).and_then(Value::as_str).unwrap_or("");
                UserAttributes {
                    username: value("username"),
                    first_name: value("first_name"),
                    last_name: value("last_name"),
                    email: value("email"),
                }
            });
            let errors = PasswordPolicy::default().validate(text("password"), user.as_ref());
            let errors: Vec<Value> = errors.iter().map(as_json).collect();
            compare(&json!({"errors": errors}), expect)
        }
        "quick_ratio" => compare(&json!({"ratio": quick_ratio(text("a"), text("b"))}), expect),
        "min_length" => {
            let policy = PasswordPolicy {
                min_length: usize::try_from(input["min_length"].as_u64().unwrap()).unwrap(),
                ..PasswordPolicy::NONE
            };
            let errors = policy.validate(text("password"), None);
            let error = errors.first().map_or(Value::Null, as_json);
            let help = policy.help_texts().join(" ");
            compare(&json!({"error": error, "help": help}), expect)
        }
        "common" => compare(&json!({"common": is_common(text("password"))}), expect),
        "username" => {
            let fits = |alphabet| validate_username(text("username"), alphabet).is_ok();
            let got = json!({
                "unicode": fits(UsernameAlphabet::Unicode),
                "ascii": fits(UsernameAlphabet::Ascii),
            });
            compare(&got, expect)
        }
        "email" => compare(
            &json!({"ok": validate_email(text("email")).is_ok()}),
            expect,
        ),
        _ => Err(format!("unknown op {op}")),
    }
}

#[test]
fn vectors_of_validators() {
    vectors::run("validators", check);
}

#[test]
fn messages_are_those_of_django() {
    let file = vectors::load("validators");
    let message = |alphabet| validate_username("a b", alphabet).unwrap_err().message;
    let want = &file["username_messages"];
    assert_eq!(
        message(UsernameAlphabet::Unicode),
        want["unicode"].as_str().unwrap()
    );
    assert_eq!(
        message(UsernameAlphabet::Ascii),
        want["ascii"].as_str().unwrap()
    );
    assert_eq!(
        as_json(&validate_email("x").unwrap_err()),
        file["email_message"]
    );
}

#[test]
fn empty_password_resembles_only_an_empty_part() {
    let codes = |username| {
        let user = UserAttributes {
            username,
            ..UserAttributes::default()
        };
        let errors = PasswordPolicy::default().validate("", Some(&user));
        errors.iter().map(|error| error.code).collect::<Vec<_>>()
    };
    assert_eq!(codes("-b-"), ["password_too_similar", "password_too_short"]);
    assert_eq!(codes("a--b"), ["password_too_short"]);
}
