use portcullis_core::{DueMail, MailClaim, ManualClock, PasswordHash, UserId};
use time::macros::datetime;

use super::super::console::ConsoleTransport;
use super::*;

fn mailer_with(change: impl FnOnce(&mut MailSettings)) -> Result<Mailer, MailSettingsError> {
    let mut settings = MailSettings::new("noreply@example.com", "https://example.com/");
    change(&mut settings);
    let clock = Arc::new(ManualClock::new(datetime!(2026-01-02 03:04:05 UTC)));
    Mailer::new(settings, Arc::new(ConsoleTransport), clock)
}

fn mailer() -> Mailer {
    mailer_with(|_| {}).unwrap()
}

fn user(username: &str, email: &str) -> User {
    User {
        id: UserId::Integer(1),
        username: username.to_owned(),
        email: email.to_owned(),
        password: PasswordHash::new("!"),
        is_active: true,
        is_staff: false,
        is_superuser: false,
        first_name: String::new(),
        last_name: String::new(),
        last_login: None,
        date_joined: datetime!(2026-01-01 00:00 UTC),
    }
}

fn encoded(mailer: &Mailer, mail: OutgoingMail) -> String {
    let claim = MailClaim {
        id: 7,
        number: 1,
        attempt: 1,
    };
    let encoded = mailer.0.sender.encode(&DueMail { claim, mail }).unwrap();
    String::from_utf8(encoded.message).unwrap()
}

#[test]
fn links_hold_keys_where_clients_of_djangos_packages_look() {
    let (mailer, ada) = (mailer(), user("ada", "ada@example.com"));
    let mail = mailer.confirm_email(&ada, "new@example.com", "MQ:1vbF:x_-9", Duration::days(3));
    let mail = mail.unwrap();
    assert_eq!(mail.recipient, "new@example.com");
    assert_eq!(mail.kind, "confirm_email");
    let link = "https://example.com/confirm-email/MQ:1vbF:x_-9/";
    assert!(mail.text.contains(&format!("\n{link}\n")), "{}", mail.text);
    assert!(
        mail.html
            .unwrap()
            .contains(&format!("href=\"{}\"", html(link)))
    );
    assert!(mail.text.contains("good for 3 days"), "{}", mail.text);
    let mail = mailer.reset_password(&ada, "1", "c1x-0ff", Duration::hours(1));
    let text = mail.unwrap().text;
    assert!(text.contains("https://example.com/password/reset/key/1/c1x-0ff/\n"));
    assert!(text.contains("good for 1 hour, "), "{text}");
}

/// As minijinja escapes an address.
fn html(text: &str) -> String {
    text.replace('/', "&#x2f;")
}

#[test]
fn every_mail_has_a_subject_a_text_and_html() {
    let (mailer, ada) = (mailer(), user("ada", "ada@example.com"));
    let hour = Duration::HOUR;
    let mails = [
        mailer.confirm_email(&ada, "ada@example.com", "k", hour),
        mailer.reset_password(&ada, "u", "t", hour),
        mailer.account_exists(&ada),
        mailer.password_changed(&ada),
        mailer.email_changed(&ada, "old@example.com"),
        mailer.unknown_account("nobody@example.com"),
        mailer.invitation("new@example.com", "i", hour),
        mailer.test("ops@example.com"),
    ];
    for mail in mails {
        let mail = mail.unwrap();
        assert!(mail.subject.contains(" example.com"), "{}", mail.subject);
        assert!(mail.text.contains("https://example.com"), "{}", mail.text);
        assert!(mail.html.unwrap().starts_with("<!doctype html>"));
    }
}

#[test]
fn no_field_brings_a_header_or_a_second_recipient() {
    let mailer = mailer_with(|settings| {
        settings.subject_prefix = "[x]\r\nBcc: eve@example.com\r\n".to_owned();
    });
    let mailer = mailer.unwrap();
    for address in [
        "ada@example.com\r\nBcc: eve@example.com",
        "ada@example.com, eve@example.com",
        "ada@example.com\n",
        "<ada@example.com>",
        "\"a\r\nRCPT TO:<eve@example.com>\"@example.com",
        "",
    ] {
        assert_eq!(mailer.test(address), None, "{address:?}");
        // Nor where one got into the outbox by another way.
        let mut mail = mailer.test("ada@example.com").unwrap();
        mail.recipient = address.to_owned();
        let claim = MailClaim {
            id: 7,
            number: 1,
            attempt: 1,
        };
        let sent = mailer.0.sender.encode(&DueMail { claim, mail });
        assert!(sent.is_err(), "{address:?}");
    }
    let ada = user("ada\r\nBcc: eve@example.com", "ada@example.com");
    let mut mail = mailer.reset_password(&ada, "u", "t\r\nBcc: eve@example.com", Duration::HOUR);
    mail.as_mut().unwrap().subject += "\r\nBcc: eve@example.com";
    let message = encoded(&mailer, mail.unwrap());
    let head = message.split("\r\n\r\n").next().unwrap();
    let names: Vec<_> = head
        .split("\r\n")
        .filter(|line| !line.starts_with([' ', '\t']))
        .map(|line| line.split(':').next().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "From",
            "To",
            "Subject",
            "Date",
            "Message-ID",
            "Auto-Submitted",
            "MIME-Version",
            "Content-Type"
        ]
    );
    assert!(head.contains("To: ada@example.com\r\n"), "{head}");
}

#[test]
fn names_are_escaped_in_html_and_not_in_text() {
    let eve = user("<b>&\"'", "eve@example.com");
    let mail = mailer().password_changed(&eve).unwrap();
    assert!(mail.text.contains("<b>&\"'"));
    let html = mail.html.unwrap();
    assert!(html.contains("&lt;b&gt;&amp;&quot;&#x27;"), "{html}");
}

#[test]
fn folder_has_templates_of_its_own_and_broken_ones_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("test_subject.txt", "Mail\n for {{ email }} ");
    write("test.txt", "{{ nonsense }}");
    write("test.html", "<p>{% if %}");
    write("reset_password_subject.txt", " \n");
    write("layout.html", "<main>{% block body %}{% endblock %}</main>");
    let with_folder = |settings: &mut MailSettings| {
        settings.templates = Some(folder.path().to_owned());
    };
    let mailer = mailer_with(with_folder).unwrap();
    let faults = mailer.template_faults();
    let files: Vec<_> = faults.iter().map(|fault| fault.file.as_str()).collect();
    assert_eq!(
        files,
        ["reset_password_subject.txt", "test.txt", "test.html"]
    );
    assert!(faults[1].why.contains("test.txt:1"), "{faults:?}");
    assert!(faults[2].why.contains("test.html:1"), "{faults:?}");
    let mail = mailer.test("ada@example.com").unwrap();
    assert_eq!(mail.subject, "Mail for ada@example.com");
    assert!(mail.text.starts_with("This mail was sent"), "{}", mail.text);
    let html = mail.html.unwrap();
    assert!(
        html.starts_with("<main>") && html.contains("arrives. It does."),
        "{html}"
    );

    let nowhere = mailer_with(|settings| settings.templates = Some("/no/such/folder".into()));
    assert!(matches!(nowhere, Err(MailSettingsError::File(_))));
}

#[test]
fn sender_is_an_address_with_or_without_a_name() {
    for right in [
        "a@example.com",
        "Example <a@example.com>",
        "\"A, B\" <a@example.com>",
    ] {
        assert!(mailer_with(|settings| settings.from = right.to_owned()).is_ok());
    }
    for wrong in [
        "",
        "example.com",
        "A <a@example.com>\r\nBcc: b@example.com",
        "a@b.c, d@e.f",
    ] {
        let refused = mailer_with(|settings| settings.from = wrong.to_owned());
        assert!(
            matches!(refused, Err(MailSettingsError::From(_))),
            "{wrong:?}"
        );
    }
}

#[test]
fn message_is_ascii_whatever_it_says_and_the_same_at_each_attempt() {
    let ada = user("ādä ☃", "ada@example.com");
    let mailer = mailer_with(|settings| {
        settings.from = "Bücher <noreply@example.com>".to_owned();
        settings.subject_prefix = "[Bücher] ".to_owned();
    });
    let mailer = mailer.unwrap();
    let mail = mailer.password_changed(&ada).unwrap();
    let message = encoded(&mailer, mail.clone());
    assert!(message.is_ascii());
    assert!(
        message.contains("\r\nDate: Fri, 02 Jan 2026 03:04:05 +0000\r\n"),
        "{message}"
    );
    let id = "\r\nMessage-ID: <7.1767323045000000000@example.com>\r\n";
    assert!(message.contains(id), "{message}");
}

#[test]
fn domain_of_other_letters_goes_out_in_ascii() {
    let mailer = mailer();
    let mail = mailer.test("ada@bücher.example").unwrap();
    let message = encoded(&mailer, mail);
    assert!(message.is_ascii());
    assert!(
        message.contains("\r\nTo: ada@xn--bcher-kva.example\r\n"),
        "{message}"
    );
    let mail = mailer.test("ada@[127.0.0.1]").unwrap();
    let message = encoded(&mailer, mail);
    assert!(message.contains("\r\nTo: ada@[127.0.0.1]\r\n"), "{message}");
}

#[test]
fn text_has_only_line_ends_that_mail_servers_agree_about() {
    let mailer = mailer();
    let mut mail = mailer.test("ada@example.com").unwrap();
    mail.text = "a\nb\r\nc\rd\r\r\ne\n.\nQUIT\n".to_owned();
    mail.html = None;
    let message = encoded(&mailer, mail);
    let body = message.split_once("\r\n\r\n").unwrap().1;
    assert_eq!(body.trim_end(), "a\r\nb\r\ncd\r\ne\r\n.\r\nQUIT");
    assert!(!message.replace("\r\n", "").contains(['\r', '\n']));
}
