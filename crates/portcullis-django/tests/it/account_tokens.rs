//! Reset links and confirmation keys: Django's are good here, and ours are the same text.

use portcullis_django::account_token::{
    ResetSubject, base36_decode, base36_encode, check_reset_token, confirmation_key, confirmed_row,
    reset_token, uid_decode, uid_encode,
};
use portcullis_django::session::Secrets;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::vectors;

/// A whole endpoint, and keys that are looked up in a table: no pure functions.
const OF_THE_FLOWS: [&str; 2] = ["reset_confirm_endpoint", "confirm_db"];

fn text<'a>(input: &'a Value, name: &str) -> &'a str {
    input[name].as_str().unwrap_or_default()
}

/// `YYYY-MM-DD HH:MM:SS` of Unix seconds (Howard Hinnant's days-to-civil).
fn stamp(seconds: i64) -> String {
    let (days, rest) = (
        seconds.div_euclid(86_400) + 719_468,
        seconds.rem_euclid(86_400),
    );
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

/// What allauth adds: the user's own address and the rows, lower-cased, sorted, once each.
fn addresses(input: &Value) -> String {
    let mut all: Vec<String> = match input["account_emailaddress"].as_array() {
        Some(rows) => rows
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        None => return String::new(),
    };
    let own = text(&input["user"], "email").to_lowercase();
    if !own.is_empty() {
        all.push(own);
    }
    all.sort_unstable();
    all.dedup();
    all.join("|")
}

#[test]
fn vectors_of_account_tokens() {
    let file = vectors::load("account_tokens");
    let default: Vec<&str> = file["secret_key_fallbacks"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    vectors::run_but("account_tokens", &OF_THE_FLOWS, |op, input, expect| {
        let fallbacks: Vec<&str> = match input["secret_key_fallbacks"].as_array() {
            Some(keys) => keys.iter().filter_map(Value::as_str).collect(),
            None => default.clone(),
        };
        let key = input["secret_key"]
            .as_str()
            .unwrap_or(text(&file, "secret_key"));
        let secrets = Secrets {
            key,
            fallbacks: &fallbacks,
        };
        let user = &input["user"];
        let primary_key = user["pk"]
            .as_str()
            .map_or_else(|| user["pk"].to_string(), str::to_owned);
        let last_login = user["last_login"]
            .as_f64()
            .map_or(String::new(), |at| stamp(at as i64));
        let addresses = addresses(input);
        let subject = ResetSubject {
            primary_key: &primary_key,
            password_column: text(user, "password"),
            last_login: &last_login,
            email: text(user, "email"),
            addresses: &addresses,
        };
        let now = input["now"].as_i64().unwrap_or(0);
        // New York is five hours behind in January, when these were made.
        let local_now = if input["time_zone"].is_string() {
            now - 5 * 3600
        } else {
            now
        };
        let got = match op {
            "reset_make" | "allauth_make" => {
                let token = reset_token(&subject, key, local_now);
                return if token == text(expect, "token") {
                    Ok(())
                } else {
                    Err(token)
                };
            }
            "reset_check" | "allauth_check" => {
                let timeout = input["PASSWORD_RESET_TIMEOUT"].as_i64().unwrap_or(259_200);
                let token = text(input, "token");
                json!({ "ok": check_reset_token(&subject, token, secrets, local_now, timeout) })
            }
            "uidb64" => json!({ "uid": uid_encode(text(input, "pk_text")) }),
            "uidb64_decode" => match (uid_decode(text(input, "uid")), expect["text"].as_str()) {
                (Some(got), Some(_)) => json!({ "text": got }),
                // Not text of a key, or damaged: nobody is named, whatever Python makes of it.
                (_, None) => return Ok(()),
                (None, Some(_)) => Value::Null,
            },
            "uid36" => json!({ "uid": base36_encode(input["pk"].as_u64().unwrap()) }),
            "uid36_decode" => match base36_decode(text(input, "uid")) {
                Some(number) => json!({ "pk": number }),
                None if expect["raises"].is_string() => return Ok(()),
                // Python also reads signs, blanks and underscores, and numbers beyond 64 bits.
                None if text(input, "uid").contains([' ', '+', '-', '_']) => return Ok(()),
                None if expect["pk"].as_u64().is_none() => return Ok(()),
                None => Value::Null,
            },
            "confirm_make" => {
                json!({ "key": confirmation_key(input["id"].as_i64().unwrap(), key, now) })
            }
            "confirm_check" => {
                let days = input["ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS"]
                    .as_f64()
                    .unwrap();
                let now = input["now"].as_f64().unwrap();
                let row = confirmed_row(text(input, "key"), secrets, days, now);
                let rows = input["rows"].as_array().unwrap();
                let open = |id: &i64| {
                    rows.iter()
                        .any(|r| r["id"] == *id && r["verified"] == false)
                };
                json!({ "id": row.filter(open) })
            }
            _ => return Err(format!("unknown op {op}")),
        };
        if got == *expect {
            Ok(())
        } else {
            Err(format!("{input}: got {got} instead of {expect}"))
        }
    });
}

proptest! {
    #[test]
    fn no_token_or_uid_panics(token in ".{0,60}", uid in ".{0,40}") {
        let subject = ResetSubject {
            primary_key: "1", password_column: "!", last_login: "", email: "", addresses: "",
        };
        let secrets = Secrets { key: "key", fallbacks: &[] };
        prop_assert!(!check_reset_token(&subject, &token, secrets, i64::MIN, i64::MAX));
        prop_assert_eq!(confirmed_row(&token, secrets, 3.0, 0.0), None);
        let _ = (uid_decode(&uid), base36_decode(&uid));
    }
}
