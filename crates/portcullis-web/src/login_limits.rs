//! How many log-ins may fail, and what a failure is counted against.

use portcullis_core::{Counter, Limit, UserId};
use portcullis_django::permission::normalize_username;

use crate::client::ClientInfo;

/// How many log-ins may fail, over all doors and nodes.
#[doc(alias = "AXES_FAILURE_LIMIT")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginLimits {
    /// Of one name, however it is written, and of one account under all of its names.
    pub of_account: Limit,
    /// Of one account in a longer window: the hard stop for guesses that are made slowly.
    pub of_account_in_the_long_run: Limit,
    /// From one address, IPv6 by its /64, whatever the names: against trying one password on many.
    /// Not counted where the address is not known.
    pub of_address: Limit,
}

/// The counters that a try was counted against.
#[derive(Clone, Debug, Default)]
pub struct Counted {
    of_account: Vec<String>,
    of_address: Vec<String>,
}

impl LoginLimits {
    /// The counters of a try at a name, which means this account or nobody.
    ///
    /// There are as many when it means nobody. That two names mean one account shows only to who
    /// tries both of them until they are stopped.
    pub(crate) fn counters(
        &self,
        client: &ClientInfo,
        name: &str,
        account: Option<&UserId>,
    ) -> (Vec<Counter>, Counted) {
        let name = canonical(name);
        let account = match account {
            Some(id) => format!("login:account:{id}"),
            None => format!("login:nobody:{name}"),
        };
        let long_run = format!("{account}:long");
        let counted = Counted {
            of_account: vec![format!("login:name:{name}"), account, long_run],
            of_address: client
                .address
                .map(|_| format!("login:address:{}", client.counter_key()))
                .into_iter()
                .collect(),
        };
        let counter = |key: &String, limit| Counter {
            key: key.clone(),
            limit,
        };
        let limits = [
            self.of_account,
            self.of_account,
            self.of_account_in_the_long_run,
        ];
        let of_account = counted.of_account.iter().zip(limits);
        let of_address = counted.of_address.iter().map(|key| (key, self.of_address));
        let counters = of_account.chain(of_address);
        let counters = counters.map(|(key, limit)| counter(key, limit)).collect();
        (counters, counted)
    }
}

/// How many locks from one address are written down in a window.
const LOCKS_OF_ADDRESS: u32 = 30;

impl LoginLimits {
    /// The counters that say whether a lock is to be written down: once in its window for each name,
    /// and a few for each address, so that nobody fills the log.
    pub(crate) fn lock_counters(&self, client: &ClientInfo, stopped: &[Counter]) -> Vec<Counter> {
        let window = self.of_account.window;
        let counter = |key: String, tries| Counter {
            key,
            limit: Limit { tries, window },
        };
        let name = stopped.first().map_or("", |counter| &counter.key);
        vec![
            counter(format!("lock:{name}"), 1),
            counter(
                format!("lock:address:{}", client.counter_key()),
                LOCKS_OF_ADDRESS,
            ),
        ]
    }
}

impl Counted {
    /// Whether nothing was counted.
    pub(crate) fn is_empty(&self) -> bool {
        self.of_account.is_empty()
    }

    /// The keys of the account, and those of the address.
    pub(crate) fn keys(&self) -> (&[String], &[String]) {
        (&self.of_account, &self.of_address)
    }
}

/// A name as it is counted: the same for every way of writing it.
fn canonical(name: &str) -> String {
    normalize_username(name.trim())
        .to_lowercase()
        .chars()
        .take(254)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_of_writing_a_name_are_one() {
        for name in ["ada", " ADA\t", "\u{ff21}da", "Ad\u{ff41}", "\u{2003}ada"] {
            assert_eq!(canonical(name), "ada", "{name:?}");
        }
    }
}
