//! Compares what a case saw with what was recorded.

use serde_json::{Map, Value, json};

/// The parts of an answer that are compared; `request` only tells the reader which one it was.
const PARTS: [&str; 4] = ["status", "headers", "cookies", "body"];

/// The differences, one a line, empty when all is equal.
///
/// With `instead`, the last answer may also have that status and then be otherwise anything.
#[must_use]
pub fn compare(want: &[Value], got: &[Value], instead: Option<u16>) -> Vec<String> {
    let found = all_steps(want, got);
    let (Some((_, want_before)), Some((last, got_before))) = (want.split_last(), got.split_last())
    else {
        return found;
    };
    let accepted = instead.is_some_and(|status| last["status"] == json!(status));
    if found.is_empty() || !accepted {
        return found;
    }
    all_steps(want_before, got_before)
}

fn all_steps(want: &[Value], got: &[Value]) -> Vec<String> {
    if want.len() != got.len() {
        let (got, want) = (got.len(), want.len());
        return vec![format!("{got} answers to compare, {want} were recorded")];
    }
    let mut found = Vec::new();
    for (at, (want, got)) in want.iter().zip(got).enumerate() {
        let request = want["request"].as_str().unwrap_or("mail");
        let mut lines = Vec::new();
        differences(&compared(want), &compared(got), "", &mut lines);
        found.extend(
            lines
                .into_iter()
                .map(|line| format!("step {} ({request}) {line}", at + 1)),
        );
    }
    found
}

/// The compared parts of an answer, cookies by name; a count of mails is compared as it is.
fn compared(seen: &Value) -> Value {
    if seen.get("mail_count").is_some() {
        return seen.clone();
    }
    let mut out = Map::new();
    for part in PARTS {
        let value = match (part, &seen[part]) {
            ("cookies", Value::Array(cookies)) => by_name(cookies),
            (_, value) => value.clone(),
        };
        out.insert(part.to_owned(), value);
    }
    Value::Object(out)
}

/// A second cookie of one name is kept as `name#2`.
fn by_name(cookies: &[Value]) -> Value {
    let mut out = Map::new();
    for cookie in cookies {
        let name = cookie["name"].as_str().unwrap_or_default();
        let mut key = name.to_owned();
        let mut nth = 2;
        while out.contains_key(&key) {
            key = format!("{name}#{nth}");
            nth += 1;
        }
        out.insert(key, cookie.clone());
    }
    Value::Object(out)
}

fn differences(want: &Value, got: &Value, place: &str, out: &mut Vec<String>) {
    match (want, got) {
        (Value::Object(want), Value::Object(got)) => {
            let absent = json!("<absent>");
            let added = got.keys().filter(|key| !want.contains_key(*key));
            for key in want.keys().chain(added) {
                let inner = if place.is_empty() {
                    key.clone()
                } else {
                    format!("{place}.{key}")
                };
                let side = |table: &Map<String, Value>| table.get(key).unwrap_or(&absent).clone();
                differences(&side(want), &side(got), &inner, out);
            }
        }
        (Value::Array(want), Value::Array(got)) if want.len() == got.len() => {
            for (at, (want, got)) in want.iter().zip(got).enumerate() {
                differences(want, got, &format!("{place}[{at}]"), out);
            }
        }
        _ if want == got => {}
        _ => out.push(format!("{place}: want {want}  got {got}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::compare;

    fn answer(status: u16, body: Value) -> Value {
        json!({"request": "GET /x/", "status": status, "headers": {"vary": "cookie"}, "cookies": [], "body": body})
    }

    #[test]
    fn equal_answers_have_no_differences_whatever_the_order_of_keys() {
        let want = [answer(200, json!({"a": 1, "b": [true]}))];
        let got = [answer(200, json!({"b": [true], "a": 1}))];
        assert!(compare(&want, &got, None).is_empty());
    }

    #[test]
    fn a_difference_names_its_step_and_place() {
        let want = [
            answer(200, json!({"a": 1, "c": 1})),
            answer(200, json!("x")),
        ];
        let got = [
            answer(200, json!({"a": 1.0, "b": 2})),
            answer(200, json!("x")),
        ];
        let expected = [
            "step 1 (GET /x/) body.a: want 1  got 1.0",
            "step 1 (GET /x/) body.c: want 1  got \"<absent>\"",
            "step 1 (GET /x/) body.b: want \"<absent>\"  got 2",
        ];
        assert_eq!(compare(&want, &got, None), expected);
    }

    #[test]
    fn a_sane_status_may_stand_in_for_a_recorded_defect_of_the_last_answer_only() {
        let want = [answer(201, json!(1)), answer(500, json!("<html>"))];
        let sane = [answer(201, json!(1)), answer(400, json!({"detail": "no"}))];
        assert!(compare(&want, &sane, Some(400)).is_empty());
        assert_eq!(compare(&want, &sane, None).len(), 2);
        assert_eq!(compare(&want, &sane, Some(401)).len(), 2);
        let early = [answer(202, json!(1)), answer(400, json!({"detail": "no"}))];
        assert_eq!(compare(&want, &early, Some(400)).len(), 1);
        assert!(compare(&want, &want, Some(400)).is_empty());
    }

    #[test]
    fn cookies_are_compared_by_name_and_doubles_are_seen() {
        let with = |cookies: Value| json!({"status": 200, "cookies": cookies});
        let one = with(json!([{"name": "a", "path": "/"}]));
        let two = with(json!([{"name": "a", "path": "/"}, {"name": "a", "path": "/"}]));
        assert_eq!(compare(&[one], &[two], None).len(), 1);
    }

    #[test]
    fn missing_answers_and_other_mail_counts_differ() {
        assert_eq!(compare(&[answer(200, json!(1))], &[], None).len(), 1);
        let mail = |count: u8| json!({"mail_count": count, "from": []});
        assert_eq!(
            compare(&[mail(1)], &[mail(0)], None),
            ["step 1 (mail) mail_count: want 1  got 0"]
        );
    }
}
