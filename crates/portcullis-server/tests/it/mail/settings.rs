//! The settings of mail, and the commands that look at them.

use crate::command::Folder;

#[test]
fn mail_that_leaves_the_machine_needs_a_sender_and_a_base_url() {
    let folder = Folder::new();
    folder.write(
        "portcullis.toml",
        "[mail]\ntransport = \"smtp\"\nuser = \"ada\"\n",
    );
    let said = folder.run(&["settings"]);
    assert_eq!(said.status, 2, "{said:?}");
    assert_eq!(
        said.err,
        "portcullis.toml line 2: with \"smtp\" mail.from must be set, the sender of mails\n\
         portcullis.toml line 2: with \"smtp\" public_url must be set, where links in mails lead\n\
         portcullis.toml line 3: mail.user and mail.password belong together: set both or neither\n"
    );
    for (line, fault) in [
        (
            "[mail]\nsecurity = \"none\"",
            "it wants one of \"starttls\", \"tls\", \"danger-plain\"",
        ),
        (
            "[mail]\nfrom = \"a@example.com\\nb\"",
            "it wants a sender, such as",
        ),
        (
            "[mail]\npassword = \"a\\nhunter2\"",
            "mail.password is not understood",
        ),
        ("[mail]\nhots = \"a\"", "did you mean \"mail.host\"?"),
        ("EMAIL_HOST = \"a\"", "did you mean \"mail.host\"?"),
        (
            "[links]\nreset_password = \"/r/{uid}/\"",
            "holds {uid} and {token}",
        ),
    ] {
        folder.write("portcullis.toml", &format!("{line}\n"));
        let said = folder.run(&["settings"]);
        assert_eq!(said.status, 2, "{said:?}");
        assert!(
            said.err.contains(fault) && !said.err.contains("hunter2"),
            "{said:?}"
        );
    }
    assert_eq!(folder.files(), ["portcullis.toml"]);
}

#[test]
fn check_says_whether_there_is_mail_and_what_is_wrong_with_it() {
    let folder = Folder::new();
    folder.ok(&["migrate"]);
    assert!(folder.ok(&["check"]).contains("ok      mail: not set up"));
    let mail = "[mail]\ntransport = \"console\"\ntemplates = \"own\"\n";
    folder.write("portcullis.toml", mail);
    let said = folder.run(&["check"]);
    assert_eq!(said.status, 1, "{said:?}");
    assert!(
        said.out.contains("wrong   mail: there is no folder own"),
        "{said:?}"
    );
    std::fs::create_dir(folder.path("own")).unwrap();
    folder.write("own/test.txt", "{% for %}");
    let said = folder.run(&["check"]);
    assert_eq!(said.status, 1, "{said:?}");
    assert!(
        said.out
            .contains("wrong   mail.templates: test.txt: syntax error"),
        "{said:?}"
    );
    folder.write("own/test.txt", "Only to {{ email }}.");
    let said = folder.ok(&["check"]);
    assert!(
        said.contains("ok      mail: printed here, and not sent"),
        "{said}"
    );
    let said = folder.ok(&["mail", "test", "grace@example.com"]);
    assert!(said.contains("\r\nOnly to grace@example.com."), "{said}");
    folder.write(
        "portcullis.toml",
        "public_url = \"https://example.com\"\n[mail]\ntransport = \"smtp\"\n\
         from = \"a@example.com\"\nhost = \"mail.example.com\"\nsecurity = \"danger-plain\"\n",
    );
    let said = folder.ok(&["check"]);
    assert!(
        said.contains("unwise  mail.security: everybody on the way"),
        "{said}"
    );
}

#[test]
fn mail_test_says_why_it_was_not_sent() {
    let folder = Folder::new();
    let said = folder.run(&["mail", "test", "grace@example.com"]);
    assert_eq!(said.status, 2, "{said:?}");
    assert!(said.err.starts_with("mail is not set up"), "{said:?}");
    let words = ["mail", "test", "grace@example.com\r\nBcc: eve@example.com"];
    let said = folder.run_with(&words, "", &[("PORTCULLIS_MAIL_TRANSPORT", "console")]);
    assert_eq!((said.status, said.out.as_str()), (1, ""), "{said:?}");
    // A port on which nobody listens.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    drop(listener);
    let variables = [
        ("PORTCULLIS_MAIL_TRANSPORT", "smtp"),
        ("PORTCULLIS_MAIL_FROM", "noreply@example.com"),
        ("PORTCULLIS_MAIL_PORT", &port),
        ("PORTCULLIS_PUBLIC_URL", "https://example.com"),
    ];
    let said = folder.run_with(&["mail", "test", "grace@example.com"], "", &variables);
    assert_eq!(said.status, 1, "{said:?}");
    assert!(
        said.err.starts_with("the mail server cannot be reached: "),
        "{said:?}"
    );
}
