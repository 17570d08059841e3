//! Password hashes against Django's own.

use crate::vectors;
use portcullis_django::password::{
    self, Algorithm, Argon2Cost, Argon2Variety, Hashers, ScryptCost,
};
use proptest::prelude::*;
use serde_json::Value;

fn number(value: &Value) -> u32 {
    u32::try_from(value.as_u64().expect("a number")).unwrap()
}

fn algorithm(value: &Value) -> Algorithm {
    Algorithm::from_name(value.as_str().unwrap()).expect("a known format")
}

/// The defaults of a version with the listed formats installed.
fn hashers(list: &Value, version: (u32, u32)) -> Hashers {
    Hashers {
        installed: list.as_array().unwrap().iter().map(algorithm).collect(),
        ..Hashers::for_django(version.0, version.1)
    }
}

/// Django 5.2 with the costs of an `encode` case.
fn with_costs(params: &Value) -> Hashers {
    let mut hashers = Hashers::default();
    if let Some(iterations) = params.get("iterations") {
        hashers.pbkdf2_iterations = number(iterations);
    }
    if params.get("n").is_some() {
        hashers.scrypt = ScryptCost {
            work_factor: number(&params["n"]),
            block_size: number(&params["r"]),
            parallelism: number(&params["p"]),
        };
    }
    if params.get("m").is_some() {
        hashers.argon2 = Argon2Cost {
            variety: Argon2Variety::from_name(params["variety"].as_str().unwrap()).unwrap(),
            memory_kib: number(&params["m"]),
            time: number(&params["t"]),
            parallelism: number(&params["p"]),
            tag_length: usize::try_from(number(&params["hash_len"])).unwrap(),
        };
    }
    hashers
}

fn expect_equal<T: PartialEq + std::fmt::Debug>(what: &str, got: T, want: T) -> Result<(), String> {
    if got == want {
        Ok(())
    } else {
        Err(format!("{what}: got {got:?}, want {want:?}"))
    }
}

fn check(op: &str, input: &Value, expect: &Value) -> Result<(), String> {
    let text = |name: &str| input[name].as_str().unwrap_or_default();
    match op {
        "encode" => {
            let hashers = with_costs(&input["params"]);
            let format = algorithm(&input["algorithm"]);
            let made = password::hash_with_salt(text("password"), text("salt"), format, &hashers)
                .map_err(|error| error.to_string())?;
            expect_equal(
                "encoded",
                made.as_str(),
                expect["encoded"].as_str().unwrap(),
            )
        }
        "verify" => {
            let hashers = hashers(&input["hashers"], (5, 2));
            let named = password::identify(text("encoded"), &hashers).map(Algorithm::name);
            expect_equal("identified", named, expect["identified"].as_str())?;
            let got = password::verify(text("password"), text("encoded"), &hashers);
            if expect.get("raises").is_some() {
                return expect_equal("ok", got.matches, false);
            }
            expect_equal("ok", got.matches, expect["ok"].as_bool().unwrap())?;
            let must_update = expect["must_update"].as_bool().unwrap();
            expect_equal("must_update", got.must_update, must_update)
        }
        "legacy_verify" => {
            let old = hashers(&input["hashers"], (4, 2));
            let got = password::verify(text("password"), text("encoded"), &old);
            let raises = expect.get("raises").is_some();
            let ok = !raises && expect["ok"].as_bool().unwrap();
            expect_equal("ok", got.matches, ok)?;
            let rehash = !raises && expect["rehash_on_success"].as_bool().unwrap();
            expect_equal("rehash", got.needs_rehash(), rehash)?;
            let mut new = Hashers::default();
            new.installed.push(Algorithm::Md5);
            let got = password::verify(text("password"), text("encoded"), &new);
            let want = &expect["django_5_2"];
            expect_equal("5.2 ok", got.matches, want["ok"].as_bool().unwrap())?;
            let must_update = want["must_update"].as_bool().unwrap();
            expect_equal("5.2 must_update", got.must_update, must_update)
        }
        "usable" => {
            let usable = password::is_usable(text("encoded"));
            expect_equal("usable", usable, expect["usable"].as_bool().unwrap())
        }
        "make" => check_made(input, expect),
        _ => Err(format!("unknown op {op}")),
    }
}

/// A fresh hash has the shape of Django's: same length, same kind of character everywhere.
fn check_made(input: &Value, expect: &Value) -> Result<(), String> {
    let made = match input["password"].as_str() {
        None => password::unusable(),
        Some(text) => {
            let format = algorithm(&input["algorithm"]);
            let hashers = Hashers {
                installed: vec![format],
                ..Hashers::default()
            };
            let made = password::hash(text, &hashers).unwrap();
            let verified = password::verify(text, &made, &hashers);
            expect_equal(
                "verifies",
                (verified.matches, verified.must_update),
                (true, false),
            )?;
            made
        }
    };
    let sample = expect["sample"].as_str().unwrap();
    let length = usize::try_from(number(&expect["length"])).unwrap();
    expect_equal("length", made.len(), length)?;
    let shape = |text: &str| -> Vec<usize> { text.split('$').map(str::len).collect() };
    expect_equal("parts", shape(&made), shape(sample))?;
    if let Some(rest) = made.strip_prefix('!') {
        return expect_equal(
            "text",
            rest.chars().all(|c| c.is_ascii_alphanumeric()),
            true,
        );
    }
    // The random parts are the longest ones; what is short is name and cost.
    for (got, want) in made.split('$').zip(sample.split('$')) {
        if want.len() < 22 {
            expect_equal("fixed part", got, want)?;
        }
    }
    Ok(())
}

#[test]
fn vectors_of_password_hashes() {
    vectors::run("password_hashes", check);
}

#[test]
fn costs_without_bound_are_refused() {
    let hashers = Hashers {
        installed: Algorithm::ALL.to_vec(),
        pbkdf2_iterations: 1,
        ..Hashers::default()
    };
    for encoded in [
        "pbkdf2_sha256$4294967295$salt$ru++CXKeP9t58dvJqAHyEQHcfh7Uhw1L3AlMmzoAGJg=",
        "pbkdf2_sha256$99999999999999999999$salt$ru++CXKeP9t58dvJqAHyEQHcfh7Uhw1L3AlMmzoAGJg=",
        "argon2$argon2id$v=19$m=4194304,t=1,p=1$UjU0YjU5TE1Od1BxRlNiT2RQcHdFeg$aaaaaaaaaaaaaaaaaaaaaa",
        "argon2$argon2id$v=19$m=64,t=4294967295,p=1$UjU0YjU5TE1Od1BxRlNiT2RQcHdFeg$aaaaaaaaaaaaaaaaaaaaaa",
        "argon2$argon2id$v=19$m=64,t=1,p=0$UjU0YjU5TE1Od1BxRlNiT2RQcHdFeg$aaaaaaaaaaaaaaaaaaaaaa",
        "bcrypt$$2b$31$zCLQONvhVotGK/NnT8ZxRuVz2KT4ADkf0O57Dg6zhBza/iPc5FMz6",
        "bcrypt$$2b$99$zCLQONvhVotGK/NnT8ZxRuVz2KT4ADkf0O57Dg6zhBza/iPc5FMz6",
        "scrypt$1073741824$salt$8$1$aaaa",
        "scrypt$2$salt$1$4294967295$aaaa",
        "scrypt$0$salt$0$0$aaaa",
    ] {
        assert!(
            !password::verify("x", encoded, &hashers).matches,
            "{encoded}"
        );
    }
}

/// Cheap rows, to be damaged.
const ROWS: [&str; 8] = [
    "pbkdf2_sha256$1$R54b59LMNwPqFSbOdPpwEz$FqI/uqlvhxMMHdeLi7Q7xhrJUdxC9MtNTqFOp+Ji9qk=",
    "pbkdf2_sha1$1$salt$OA/4FgS2ooeWqwNZTiiElpTBMXM=",
    "argon2$argon2d$v=19$m=64,t=2,p=1$UjU0YjU5TE1Od1BxRlNiT2RQcHdFeg$CyS/tVrzslln/dZnc33WN5ugbX1wGml1qFlNGhZHQvg",
    "bcrypt_sha256$$2b$04$V5VDZUwGF9vXWrhcueKoXuYtUvqgLy.O.R.ik5j0jKoskaQ7MUOj.",
    "scrypt$16$salt$1$1$aaaa",
    "md5$ab$a7bc2b1f046543d7109305c9093e6eb3",
    "sha1$$ef703a5ce050fd5f58d4aa7aff0f709cdbca54b6",
    "953cb61c7ba7cb2ebf98a57df680f74b",
];

fn damaged() -> impl Strategy<Value = String> {
    let row = (0..ROWS.len()).prop_map(|index| ROWS[index]);
    // Digits are left out so that the costs stay small.
    (
        row,
        any::<prop::sample::Index>(),
        "[$=,a-z é\u{1f511}\n-]{0,3}",
        0..4usize,
    )
        .prop_map(|(row, place, text, cut)| {
            let mut characters: Vec<char> = row.chars().collect();
            let start = place.index(characters.len());
            let end = (start + cut).min(characters.len());
            characters.splice(start..end, text.chars());
            characters.into_iter().collect()
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_rows_never_panic(encoded in prop_oneof![damaged(), any::<String>()], text in any::<String>()) {
        let hashers = Hashers {
            installed: Algorithm::ALL.to_vec(),
            pbkdf2_iterations: 1,
            bcrypt_cost: 4,
            ..Hashers::default()
        };
        let _ = password::verify(&text, &encoded, &hashers);
    }
}
