//! The real binary, with a provider of its settings.

use portcullis::core::{Clock, SystemClock};
use portcullis_test::{CLIENT_ID, CLIENT_SECRET, FakeProvider, Person};

use crate::process::Server;

/// One request; the answer with its head.
fn ask(server: &Server, head: &str) -> String {
    let request = format!("{head}\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    server.raw(request.as_bytes())
}

fn header<'a>(answer: &'a str, name: &str) -> Vec<&'a str> {
    let lines = answer.lines();
    lines
        .filter_map(|line| line.split_once(": "))
        .filter(|(own, _)| own.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
        .collect()
}

/// The part of the settings about a provider.
pub(crate) fn settings_for(provider: &FakeProvider) -> String {
    format!(
        "[social]\nopenid_name = \"club\"\nopenid_label = \"The club\"\nopenid_issuer = \"{}\"\n\
         openid_client_id = \"{CLIENT_ID}\"\nopenid_client_secret = \"{CLIENT_SECRET}\"\n",
        provider.issuer()
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn binary_logs_people_in_by_the_provider_of_its_settings() {
    let provider = FakeProvider::start(SystemClock.now()).await;
    let folder = tempfile::tempdir().unwrap();
    let settings = settings_for(&provider);
    std::fs::write(folder.path().join("portcullis.toml"), settings).unwrap();
    let asked = provider.clone();
    let answers = tokio::task::spawn_blocking(move || {
        let server = Server::start(folder.path());
        let page = ask(&server, "GET / HTTP/1.1");
        assert!(page.contains("Log in with The club</a>"), "{page}");
        let head =
            "GET /api/social/club/start/?next=/docs/ HTTP/1.1\r\nSec-Fetch-Site: same-origin";
        let sent = ask(&server, head);
        let location = header(&sent, "location")[0].to_owned();
        let cookie = header(&sent, "set-cookie")[0]
            .split(';')
            .next()
            .unwrap()
            .to_owned();
        let query = asked.consent(&location, &Person::named("ada"));
        let head = format!("GET /api/social/club/callback/?{query} HTTP/1.1\r\nCookie: {cookie}");
        let back = ask(&server, &head);
        let cookies = header(&back, "set-cookie");
        let session = cookies.iter().find(|line| line.starts_with("sessionid="));
        let session = session.unwrap_or_else(|| panic!("{back}"));
        let session = session.split(';').next().unwrap();
        let user = ask(
            &server,
            &format!("GET /api/user/ HTTP/1.1\r\nCookie: {session}"),
        );
        (back.clone(), user)
    });
    let (back, user) = answers.await.unwrap();
    assert!(back.starts_with("HTTP/1.1 303"), "{back}");
    assert_eq!(header(&back, "location"), ["/docs/"]);
    assert!(user.contains(r#"{"email":"ada@example.com"}"#), "{user}");
}
