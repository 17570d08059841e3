//! The recordings can be read, and files that cannot be say what is wrong with them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use conformance::{Choice, Suite};

fn recordings() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("rest")
}

/// A folder with one case file, and the error that it causes.
fn refused(yaml: &str, golden: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    for name in ["cases", "fixtures"] {
        fs::create_dir(at(name)).expect("a folder");
    }
    for name in ["fixtures/rest.json", "fixtures/macros.yaml"] {
        fs::copy(recordings().join(name), at(name)).expect("a copy");
    }
    fs::write(at("cases/odd.yaml"), yaml).expect("a file");
    fs::write(at("cases/odd.golden.json"), golden).expect("a file");
    match Suite::load(folder.path()) {
        Ok(suite) => panic!("{} cases were read", suite.cases.len()),
        Err(error) => error.to_string(),
    }
}

#[test]
fn every_recorded_case_is_read_and_has_its_recording() {
    let suite = Suite::load(&recordings()).expect("the recordings");
    let bare = suite.cases.iter().filter(|one| one.golden.is_none());
    assert_eq!(bare.map(|one| one.label()).collect::<Vec<_>>(), [""; 0]);
    let of = |profile| {
        let all = suite.cases.iter();
        all.filter(|one| one.case.profile == profile).count()
    };
    assert_eq!((of("email"), of("stock"), of("jwt")), (635, 66, 38));
}

#[test]
fn cases_are_chosen_by_area_file_and_name() {
    let suite = Suite::load(&recordings()).expect("the recordings");
    let files = |areas: &[&str], cases: &[&str]| {
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        let choice = Choice {
            areas: owned(areas),
            cases: owned(cases),
        };
        let chosen = suite.choose(&choice).map_err(|error| error.to_string())?;
        let names = chosen.iter().map(|one| one.file.clone());
        Ok::<_, String>(
            names
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect::<Vec<_>>()
                .join(" "),
        )
    };
    assert_eq!(files(&["token"], &[]), Ok("more-token token".to_owned()));
    assert_eq!(files(&["more-token"], &[]), Ok("more-token".to_owned()));
    assert_eq!(
        files(&["more-s*", "cors"], &[]),
        Ok("cors more-session".to_owned())
    );
    assert_eq!(files(&[], &["http/throttle"]), Ok("http".to_owned()));
    assert_eq!(
        files(&["tokn"], &[]),
        Err("no case is of the area tokn".to_owned())
    );
    assert_eq!(
        files(&["cors"], &["nothing"]),
        Err("no case fits".to_owned())
    );
}

#[test]
fn a_bad_step_names_file_case_and_step() {
    let yaml =
        "area: odd\ncases:\n  - name: first\n    steps: [{req: GET /}, {req: GET /, jsn: 1}]\n";
    let error = refused(yaml, r#"{"cases": {}}"#);
    let place = "odd.yaml, case first: step 2: unknown field `jsn`";
    assert!(error.contains(place), "{error}");
}

#[test]
fn unknown_macros_and_doubled_names_are_refused() {
    let yaml = "area: odd\ncases:\n  - {name: a, steps: [{use: nothing}]}\n";
    let error = refused(yaml, r#"{"cases": {}}"#);
    assert!(
        error.ends_with("case a: no macro is called nothing"),
        "{error}"
    );
    let yaml = "area: odd\ncases:\n  - {name: a, steps: []}\n  - {name: a, steps: []}\n";
    let error = refused(yaml, r#"{"cases": {}}"#);
    assert!(
        error.ends_with("case a: a second case is called a"),
        "{error}"
    );
}

#[test]
fn files_that_are_no_yaml_or_no_json_are_named() {
    let error = refused("area: [", r#"{"cases": {}}"#);
    assert!(error.contains("odd.yaml: "), "{error}");
    let error = refused("area: odd\ncases: []\n", "{");
    assert!(error.contains("odd.golden.json: "), "{error}");
}

#[test]
fn a_folder_without_cases_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let error = Suite::load(folder.path()).expect_err("nothing is there");
    assert!(error.to_string().contains("rest.json"), "{error}");
}
