//! What is told of a stored file.

use std::path::{Component, Path};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value as Json, json};

use crate::live::Inner;

impl Inner {
    /// `{file_path, file_name, file_url, size, mime_type}` of a file field; null of an empty one.
    pub(crate) fn file(&self, value: &Json) -> Json {
        let Some(path) = value.as_str().filter(|path| !path.is_empty()) else {
            return Json::Null;
        };
        let name = path.rsplit('/').next().unwrap_or(path);
        json!({
            "file_path": path,
            "file_name": name,
            "file_url": format!("{}{}", self.settings.media_url, url_path(path)),
            "size": self.file_size(path),
            "mime_type": mime_type(name),
        })
    }

    /// The size of a stored file; `None` when there is none of that path.
    pub(crate) fn file_size(&self, path: &str) -> Option<u64> {
        let root = self.settings.media_root.as_ref()?;
        let path = Path::new(path);
        let is_inside = path.components().all(|c| matches!(c, Component::Normal(_)));
        if !is_inside || path.as_os_str().is_empty() {
            return None;
        }
        let metadata = std::fs::metadata(root.join(path)).ok()?;
        metadata.is_file().then_some(metadata.len())
    }
}

/// What a URL's path has stays as it is.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'/')
    .remove(b'!')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

fn url_path(path: &str) -> String {
    utf8_percent_encode(path, ESCAPED).to_string()
}

/// By the name's end, as browsers are told.
fn mime_type(name: &str) -> Option<&'static str> {
    let end = name.rsplit_once('.')?.1.to_ascii_lowercase();
    Some(match end.as_str() {
        "txt" | "text" | "log" => "text/plain",
        "csv" => "text/csv",
        "html" | "htm" => "text/html",
        "css" => "text/css",
        "js" => "text/javascript",
        "json" => "application/json",
        "md" => "text/markdown",
        "pdf" => "application/pdf",
        "zip" => "application/zip",
        "gz" => "application/gzip",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "svg" => "image/svg+xml",
        "mp3" => "audio/mpeg",
        "mp4" => "video/mp4",
        "webm" => "video/webm",
        "doc" => "application/msword",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xls" => "application/vnd.ms-excel",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _ => return None,
    })
}
