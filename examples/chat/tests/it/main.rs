//! The chat as clients see it, and as two people in front of two windows do.
#![expect(clippy::unwrap_used, reason = "a test stops where its facts end")]

mod talk;
mod windows;

use axum::Router;
use chat::Chat;
use portcullis::channels::Channels;
use portcullis_test::TestApp;
use tempfile::TempDir;

/// The chat, its router to be served, and the folder of its rooms, which lasts as long as this.
async fn app() -> (TestApp, Router, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut served = None;
    let app = TestApp::new(|parts| {
        let channels = Channels::memory();
        channels.listen(&parts.revocations);
        let file = folder.path().join("chat.db");
        let chat = Chat::open(parts.store.clone(), parts.clock.clone(), channels, &file).unwrap();
        let accounts = chat::accounts(parts.passwords, parts.sessions, parts.clock);
        let router = chat.router(&parts.gate, &accounts);
        served = Some(router.clone());
        router
    })
    .await;
    (app, served.unwrap(), folder)
}
