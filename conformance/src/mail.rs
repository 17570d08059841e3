//! Reads the mail that a server sent, from the sink that took it.
//!
//! The sink answers `GET /mail?to=ADDRESS` with a JSON list of `{to, from, subject, body}`, oldest first.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::body::percent_encode;
use crate::error::Blocked;
use crate::exchange::find;
use crate::http::{Base, Outgoing};
use crate::variables::{Variables, shown};

/// How long an expected mail may take, and how long none must come.
const PATIENCE: Duration = Duration::from_secs(6);
const QUIET: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(100);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spec {
    to: String,
    #[serde(default = "one")]
    count: usize,
    #[serde(default)]
    capture: Map<String, Value>,
}

fn one() -> usize {
    1
}

#[derive(Deserialize)]
struct Mail {
    from: String,
    body: String,
}

/// Waits for the mail of a step, takes variables from the newest, and tells what is compared.
///
/// # Errors
/// When the sink does not answer, or nothing is where a pattern looks.
pub fn read(spec: &Value, variables: &mut Variables, sink: &Base) -> Result<Value, Blocked> {
    let spec: Spec = serde_json::from_value(variables.fill(spec)?)
        .map_err(|error| Blocked::new(format!("mail: {error}")))?;
    let patience = if spec.count == 0 { QUIET } else { PATIENCE };
    let start = Instant::now();
    let mails = loop {
        let mails = fetch(sink, &spec.to)?;
        if (spec.count > 0 && mails.len() >= spec.count) || start.elapsed() > patience {
            break mails;
        }
        thread::sleep(PAUSE);
    };
    for (name, pattern) in &spec.capture {
        let newest = mails.last().map_or("", |mail| mail.body.as_str());
        let found = find(&shown(pattern), newest)?
            .ok_or_else(|| Blocked::new(format!("no mail with {name} came for {}", spec.to)))?;
        variables.set(name.as_str(), found);
    }
    let from: BTreeSet<&str> = mails.iter().map(|mail| mail.from.as_str()).collect();
    Ok(json!({"mail_count": mails.len(), "from": from}))
}

fn fetch(sink: &Base, to: &str) -> Result<Vec<Mail>, Blocked> {
    let target = format!("/mail?to={}", percent_encode(to, "~"));
    let answer = sink.send(&Outgoing::get(target))?;
    serde_json::from_slice(&answer.body).map_err(|error| {
        let status = answer.status;
        Blocked::new(format!("the mail sink answered {status}: {error}"))
    })
}
