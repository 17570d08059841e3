//! The password formats and how a stored row names its own.

use std::fmt;

/// A format of the `password` column; one per hasher class of Django.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[doc(alias = "PasswordHasher")]
#[non_exhaustive]
pub enum Algorithm {
    /// `pbkdf2_sha256$1000000$salt$base64`: Django's default.
    #[doc(alias = "PBKDF2PasswordHasher")]
    Pbkdf2Sha256,
    /// `pbkdf2_sha1$1000000$salt$base64`.
    #[doc(alias = "PBKDF2SHA1PasswordHasher")]
    Pbkdf2Sha1,
    /// `argon2$argon2id$v=19$m=102400,t=2,p=8$salt$tag`.
    #[doc(alias = "Argon2PasswordHasher")]
    Argon2,
    /// `bcrypt_sha256$$2b$12$...`: bcrypt over the hex text of SHA-256.
    #[doc(alias = "BCryptSHA256PasswordHasher")]
    BcryptSha256,
    /// `bcrypt$$2b$12$...`: bcrypt over the password, at most 72 bytes.
    #[doc(alias = "BCryptPasswordHasher")]
    Bcrypt,
    /// `scrypt$16384$salt$8$5$base64`.
    #[doc(alias = "ScryptPasswordHasher")]
    Scrypt,
    /// `md5$salt$hex`: for tests and very old rows.
    #[doc(alias = "MD5PasswordHasher")]
    Md5,
    /// `sha1$salt$hex`: removed from Django in 5.1.
    #[doc(alias = "SHA1PasswordHasher")]
    Sha1,
    /// `sha1$$hex`, 46 characters: removed from Django in 5.1.
    #[doc(alias = "UnsaltedSHA1PasswordHasher")]
    UnsaltedSha1,
    /// 32 hex characters, or `md5$$` and 32 hex characters: removed from Django in 5.1.
    #[doc(alias = "UnsaltedMD5PasswordHasher")]
    UnsaltedMd5,
}

impl Algorithm {
    /// Every format this crate reads.
    pub const ALL: [Self; 10] = [
        Self::Pbkdf2Sha256,
        Self::Pbkdf2Sha1,
        Self::Argon2,
        Self::BcryptSha256,
        Self::Bcrypt,
        Self::Scrypt,
        Self::Md5,
        Self::Sha1,
        Self::UnsaltedSha1,
        Self::UnsaltedMd5,
    ];

    /// Django's name of the format, e.g. `pbkdf2_sha256`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pbkdf2Sha256 => "pbkdf2_sha256",
            Self::Pbkdf2Sha1 => "pbkdf2_sha1",
            Self::Argon2 => "argon2",
            Self::BcryptSha256 => "bcrypt_sha256",
            Self::Bcrypt => "bcrypt",
            Self::Scrypt => "scrypt",
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::UnsaltedSha1 => "unsalted_sha1",
            Self::UnsaltedMd5 => "unsalted_md5",
        }
    }

    /// The format of that name (case-sensitive), `None` when there is no such format.
    ///
    /// ```
    /// use portcullis_django::password::Algorithm;
    /// assert_eq!(Algorithm::from_name("scrypt"), Some(Algorithm::Scrypt));
    /// assert_eq!(Algorithm::from_name("SCRYPT"), None);
    /// ```
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// The format a stored row claims to be, whether or not it is installed.
    ///
    /// `None` for an unusable password, an unknown name, plain text or an empty column.
    /// Nothing behind the name is looked at: a damaged row still has a format.
    #[must_use]
    pub fn of(encoded: &str) -> Option<Self> {
        let first = encoded.split('$').next().unwrap_or_default();
        let length = encoded.chars().count();
        if (length == 32 && !encoded.contains('$'))
            || (length == 37 && encoded.starts_with("md5$$"))
        {
            Some(Self::UnsaltedMd5)
        } else if length == 46 && encoded.starts_with("sha1$$") {
            Some(Self::UnsaltedSha1)
        } else {
            Self::from_name(first)
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
