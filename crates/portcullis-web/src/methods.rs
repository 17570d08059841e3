//! The handlers of one path, each with its method and, where it is given, its description.

use axum::handler::Handler;
use axum::routing::MethodRouter;
use http::Method;

use crate::description::Description;

/// The handlers of one path, by method.
#[derive(Clone, Debug, Default)]
pub struct Methods {
    pub(crate) handlers: MethodRouter,
    pub(crate) names: Vec<Method>,
    pub(crate) descriptions: Vec<(Method, Description)>,
}

impl Methods {
    /// The handlers of both.
    ///
    /// # Panics
    /// When both handle one method, as axum's router does.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.handlers = self.handlers.merge(other.handlers);
        self.names.extend(other.names);
        self.descriptions.extend(other.descriptions);
        self
    }

    /// Says what the method declared last does, what it wants and what it answers.
    ///
    /// # Panics
    /// When no method was declared yet.
    #[must_use]
    pub fn described(mut self, description: Description) -> Self {
        let method = self.names.last().cloned();
        let method = method.expect("a method is declared before its description");
        self.descriptions.push((method, description));
        self
    }
}

macro_rules! methods {
    ($($name:ident $method:ident),+) => {
        $(
            #[doc = concat!("Handles `", stringify!($method), "` requests.")]
            pub fn $name<H, T>(handler: H) -> Methods
            where
                H: Handler<T, ()>,
                T: 'static,
            {
                Methods::default().$name(handler)
            }
        )+

        impl Methods {
            $(
                #[doc = concat!("Handles `", stringify!($method), "` requests as well.")]
                #[must_use]
                pub fn $name<H, T>(mut self, handler: H) -> Self
                where
                    H: Handler<T, ()>,
                    T: 'static,
                {
                    self.handlers = self.handlers.$name(handler);
                    self.names.push(Method::$method);
                    self
                }
            )+
        }
    };
}

methods!(get GET, head HEAD, post POST, put PUT, patch PATCH, delete DELETE);
