//! What can be set up about the admin site.

/// The settings of the admin site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminSettings {
    /// What the site is called at the top of its pages.
    #[doc(alias = "site_header")]
    pub title: String,
    /// Where a log-in leads that says no place, or one on another host; Django's default is `/accounts/profile/`.
    #[doc(alias = "LOGIN_REDIRECT_URL")]
    pub login_redirect: String,
    /// How many rows a list shows at once, at least 1.
    #[doc(alias = "list_per_page")]
    pub page_size: u32,
}

impl Default for AdminSettings {
    fn default() -> Self {
        Self {
            title: "Portcullis".to_owned(),
            login_redirect: "/admin/".to_owned(),
            page_size: 100,
        }
    }
}
