//! Answers that clients who name the same canonical id share, whatever is written meanwhile.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use portcullis_sql::Value;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};
use tokio::sync::OnceCell;

use crate::error::LiveError;

/// How long an answer is shared.
const LIFETIME: Duration = Duration::minutes(5);

/// How many answers are kept; one more, and the oldest goes.
const MAX_ANSWERS: usize = 1000;

type Answer = Arc<OnceCell<Json>>;

/// The shared answers.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    answers: Mutex<HashMap<[u8; 32], (Answer, OffsetDateTime)>>,
}

impl Cache {
    /// The answer of the first who asked; who asks meanwhile waits for it. An error is not shared.
    pub(crate) async fn share(
        &self,
        id: &str,
        prepared: &(String, Vec<Value>),
        context: &str,
        now: OffsetDateTime,
        build: impl Future<Output = Result<Json, LiveError>>,
    ) -> Result<Json, LiveError> {
        let answer = self.slot(key(id, prepared, context), now);
        answer.get_or_try_init(|| build).await.cloned()
    }

    fn slot(&self, key: [u8; 32], now: OffsetDateTime) -> Answer {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((answer, until)) = answers.get(&key)
            && *until > now
        {
            return Arc::clone(answer);
        }
        if answers.len() >= MAX_ANSWERS {
            answers.retain(|_, (_, until)| *until > now);
        }
        if answers.len() >= MAX_ANSWERS
            && let Some(oldest) = answers
                .iter()
                .min_by_key(|(_, (_, until))| *until)
                .map(|(key, _)| *key)
        {
            answers.remove(&oldest);
        }
        let answer = Answer::default();
        answers.insert(key, (Arc::clone(&answer), now + LIFETIME));
        answer
    }
}

/// What must be equal for an answer to be shared: id, statement with its values, fields and rules.
fn key(id: &str, prepared: &(String, Vec<Value>), context: &str) -> [u8; 32] {
    let mut text = String::new();
    // Writing to a String does not fail.
    let _ = write!(text, "{id:?} {prepared:?} {context:?}");
    Sha256::digest(text.as_bytes()).into()
}
