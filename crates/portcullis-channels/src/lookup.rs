//! From a parameter of the URL to the object that it names.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;

use portcullis_core::StoreError;

type Found<T> = Pin<Box<dyn Future<Output = Result<Option<T>, StoreError>> + Send>>;
type Find<T> = Arc<dyn Fn(&str) -> Option<Found<T>> + Send + Sync>;

/// How the object of a URL is found.
pub(crate) struct Lookup<T> {
    /// The name of the parameter; `None` where the URL names nothing.
    pub(crate) parameter: Option<String>,
    find: Find<T>,
}

impl<T: Send + 'static> Lookup<T> {
    pub(crate) fn new<K, F, Fut>(parameter: &str, find: F) -> Self
    where
        K: FromStr,
        F: Fn(K) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Option<T>, StoreError>> + Send + 'static,
    {
        Self {
            parameter: Some(parameter.to_owned()),
            find: Arc::new(move |text| {
                let found = find(text.parse().ok()?);
                Some(Box::pin(found))
            }),
        }
    }

    /// The look-up of a URL that names nothing, if that is what `T` says.
    pub(crate) fn of_nothing() -> Option<Self> {
        let nothing = || {
            let nothing: Box<dyn Any> = Box::new(());
            nothing.downcast::<T>().ok().map(|nothing| *nothing)
        };
        nothing()?;
        Some(Self {
            parameter: None,
            find: Arc::new(move |_| {
                let found = nothing();
                Some(Box::pin(async move { Ok(found) }))
            }),
        })
    }

    /// Whether a parameter's text can name an object at all.
    pub(crate) fn takes(&self, text: &str) -> bool {
        (self.find)(text).is_some()
    }

    /// The object; `None` where there is none.
    pub(crate) async fn find(&self, text: &str) -> Result<Option<T>, StoreError> {
        match (self.find)(text) {
            Some(found) => found.await,
            None => Ok(None),
        }
    }

    /// DRF's sentence for an object that is not there.
    pub(crate) fn not_found() -> String {
        let name = std::any::type_name::<T>();
        let name = name.rsplit("::").next().unwrap_or(name);
        format!("No {name} matches the given query.")
    }
}

impl<T> fmt::Debug for Lookup<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Lookup").field(&self.parameter).finish()
    }
}
