//! A handler that panics ends its own request.

use std::io::Write;
use std::panic;
use std::sync::{Arc, Mutex};

use portcullis::web::HashingPool;
use portcullis::{Gate, get};
use portcullis_server::{Surroundings, app, doors, log_panic};

use crate::inside::{ask, serve, services};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn panic_in_a_handler_is_500_and_the_server_goes_on() {
    let log = Log::default();
    let writer = log.clone();
    // On this thread only, as the server is.
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_writer(move || writer.clone())
        .finish();
    let _default = tracing::subscriber::set_default(subscriber);
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        previous(info);
        log_panic(info);
    }));

    let (services, _folder) = services(HashingPool::start(1, 1).unwrap()).await;
    let surroundings = Surroundings::default();
    let secret = "canary-in-a-panic";
    let handler = get(move || async move {
        if secret.len() > 1 {
            panic!("holding {secret}");
        }
    });
    let broken = Gate::new(Vec::new())
        .doors()
        .route("/broken/", handler)
        .open();
    let address = serve(app(
        doors(services, &surroundings).merge(broken),
        &surroundings,
    ))
    .await;

    let answer = ask(&address, "GET /broken/", "").await;
    assert!(answer.starts_with("HTTP/1.1 500"), "{answer}");
    assert!(
        answer.ends_with("{\"detail\":\"A server error occurred.\"}"),
        "{answer}"
    );
    for part in ["x-request-id: name-of-it", "x-frame-options: DENY"] {
        assert!(answer.contains(part), "{part}: {answer}");
    }
    let answer = ask(&address, "GET /healthz", "").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(!log.contains(secret), "{log}");
    let lines: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("panicked"))
        .collect();
    assert_eq!(lines.len(), 1, "{log}");
    assert!(lines[0].contains("\"request_id\":\"name-of-it\""), "{log}");
    assert!(lines[0].contains("\"route\":\"/broken/\""), "{log}");
}
