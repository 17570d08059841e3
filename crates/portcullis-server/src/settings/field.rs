//! What a setting is, and the macro that makes the settings, their defaults and their list of one table.

/// What is known about a setting before it has a value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) key: &'static str,
    /// What it means, a line each.
    pub(crate) docs: &'static [&'static str],
    pub(crate) wanted: fn() -> String,
    pub(crate) default: fn() -> Option<String>,
}

macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $key:literal $field:ident: $kind:ty = $default:expr;)+) => {
        /// The settings of the server.
        #[derive(Clone, Debug)]
        pub struct Settings {
            $($(#[doc = $doc])+ pub $field: $kind,)+
            /// Where each value comes from, by the setting's name.
            pub(crate) sources: std::collections::BTreeMap<&'static str, $crate::settings::Source>,
            /// The file that was read, if there was one.
            pub(crate) file: Option<std::path::PathBuf>,
            /// Live models, where the file has some.
            pub live: Option<portcullis::live::LiveSettings>,
        }

        impl Default for Settings {
            fn default() -> Self {
                Self {
                    $($field: $default,)+
                    sources: std::collections::BTreeMap::new(),
                    file: None,
                    live: None,
                }
            }
        }

        pub(crate) const FIELDS: &[$crate::settings::field::Field] = &[$($crate::settings::field::Field {
            key: $key,
            docs: &[$($doc),+],
            wanted: <$kind>::wanted,
            default: || <$kind as $crate::settings::kind::Kind>::shown(&$default),
        }),+];

        impl Settings {
            pub(crate) fn of_layers(mut layers: $crate::settings::layers::Layers) -> Result<Self, $crate::settings::SettingsError> {
                $(let $field: $kind = layers.take($key, $default);)+
                let file = layers.file.path.take();
                let live = layers.file.live.take();
                let sources = layers.into_result()?;
                Ok(Self { $($field,)+ sources, file, live })
            }

            /// Name and value of each setting, as the file has it; `None` where nothing is set.
            pub(crate) fn values(&self) -> Vec<(&'static str, Option<String>)> {
                vec![$(($key, self.$field.shown())),+]
            }
        }
    };
}

pub(super) use settings;
