//! Mail in files, for development and tests.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use portcullis_core::Clock;
use portcullis_django::random::{self, ALPHANUMERIC};
use time::macros::format_description;

use super::transport::{EncodedMail, MailTransport, SendError};

/// Writes each mail into a file of its own, `20260102-030405-x8Fk2….eml`, readable by its owner only:
/// links in mails open accounts. The folder is made when it is not there.
#[doc(alias = "django.core.mail.backends.filebased.EmailBackend")]
#[derive(Clone, Debug)]
pub struct FileTransport {
    folder: PathBuf,
    clock: Arc<dyn Clock>,
}

impl FileTransport {
    /// Files in that folder, named by the time.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>, clock: Arc<dyn Clock>) -> Self {
        let folder = folder.into();
        Self { folder, clock }
    }

    fn name(&self) -> String {
        let format = format_description!("[year][month][day]-[hour][minute][second]");
        let time = self.clock.now().format(format).unwrap_or_default();
        format!("{time}-{}", random::text(12, ALPHANUMERIC))
    }
}

#[async_trait]
impl MailTransport for FileTransport {
    async fn send(&self, mail: &EncodedMail) -> Result<(), SendError> {
        let (folder, name) = (self.folder.clone(), self.name());
        let message = mail.message.clone();
        let written = tokio::task::spawn_blocking(move || write(&folder, &name, &message)).await;
        let written = written.unwrap_or_else(|error| Err(io::Error::other(error)));
        written.map_err(|error| SendError::passing("the file cannot be written", error))
    }
}

/// Writes a whole file or none: whoever looks for `*.eml` finds no half mails.
fn write(folder: &Path, name: &str, message: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        options.mode(0o600);
        builder.mode(0o700);
    }
    builder.create(folder)?;
    let unfinished = folder.join(format!("{name}.part"));
    let mut file = options.open(&unfinished)?;
    file.write_all(message)?;
    file.sync_all()?;
    fs::rename(&unfinished, folder.join(format!("{name}.eml")))
}
