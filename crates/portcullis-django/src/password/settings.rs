//! Which formats are accepted, which one is made, and at what cost.

use super::Algorithm;

/// The settings of password hashing: `PASSWORD_HASHERS` and the costs of each format.
///
/// Costs must equal those of the Django project that shares the database: a row with any other
/// cost is re-hashed at the next login, by both sides in turn, and every re-hash logs the
/// user's other sessions out.
///
/// ```
/// use portcullis_django::password::{Algorithm, Hashers};
/// let mut hashers = Hashers::default(); // Django 5.2
/// hashers.pbkdf2_iterations = 1_200_000; // as Django 6.0
/// hashers.installed.push(Algorithm::Bcrypt);
/// assert_eq!(hashers.preferred(), Algorithm::Pbkdf2Sha256);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[doc(alias = "PASSWORD_HASHERS")]
pub struct Hashers {
    /// Accepted formats, the first one is made for new passwords.
    pub installed: Vec<Algorithm>,
    /// Iterations of both PBKDF2 formats.
    pub pbkdf2_iterations: u32,
    /// Cost of argon2.
    pub argon2: Argon2Cost,
    /// Cost (base-2 logarithm of the rounds) of both bcrypt formats.
    pub bcrypt_cost: u32,
    /// Cost of scrypt.
    pub scrypt: ScryptCost,
}

impl Hashers {
    /// The defaults of a Django version; versions in between take those of the one before.
    ///
    /// Differences: PBKDF2 iterations (4.2: 600,000; 5.0: 720,000; 5.1: 870,000;
    /// 5.2: 1,000,000; 6.0: 1,200,000) and the parallelism of scrypt (1 before 5.1, then 5).
    #[must_use]
    pub fn for_django(major: u32, minor: u32) -> Self {
        let version = (major, minor);
        let pbkdf2_iterations = match version {
            _ if version >= (6, 0) => 1_200_000,
            _ if version >= (5, 2) => 1_000_000,
            _ if version >= (5, 1) => 870_000,
            _ if version >= (5, 0) => 720_000,
            _ => 600_000,
        };
        Self {
            installed: vec![
                Algorithm::Pbkdf2Sha256,
                Algorithm::Pbkdf2Sha1,
                Algorithm::Argon2,
                Algorithm::BcryptSha256,
                Algorithm::Scrypt,
            ],
            pbkdf2_iterations,
            argon2: Argon2Cost::default(),
            bcrypt_cost: 12,
            scrypt: ScryptCost {
                parallelism: if version >= (5, 1) { 5 } else { 1 },
                ..ScryptCost::default()
            },
        }
    }

    /// The format of new hashes: the first installed one, PBKDF2-SHA256 when the list is empty.
    #[must_use]
    pub fn preferred(&self) -> Algorithm {
        let first = self.installed.first().copied();
        first.unwrap_or(Algorithm::Pbkdf2Sha256)
    }
}

impl Default for Hashers {
    /// The defaults of Django 5.2.
    fn default() -> Self {
        Self::for_django(5, 2)
    }
}

/// Cost of scrypt: memory is `128 * work_factor * block_size` bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScryptCost {
    /// `N`, a power of two.
    pub work_factor: u32,
    /// `r`.
    pub block_size: u32,
    /// `p`.
    pub parallelism: u32,
}

impl Default for ScryptCost {
    /// 16384, 8, 5.
    fn default() -> Self {
        Self {
            work_factor: 16_384,
            block_size: 8,
            parallelism: 5,
        }
    }
}

/// Cost and shape of argon2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argon2Cost {
    /// Which of the three functions.
    pub variety: Argon2Variety,
    /// `m`: memory in KiB.
    pub memory_kib: u32,
    /// `t`: passes over the memory.
    pub time: u32,
    /// `p`: lanes.
    pub parallelism: u32,
    /// Bytes of the tag.
    pub tag_length: usize,
}

impl Default for Argon2Cost {
    /// argon2id, 102400 KiB, 2 passes, 8 lanes, 32 bytes.
    fn default() -> Self {
        Self {
            variety: Argon2Variety::Id,
            memory_kib: 102_400,
            time: 2,
            parallelism: 8,
            tag_length: 32,
        }
    }
}

/// The three functions of argon2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argon2Variety {
    /// `argon2d`.
    D,
    /// `argon2i`: Django up to 3.1.
    I,
    /// `argon2id`: Django since 3.2.
    Id,
}

impl Argon2Variety {
    /// The name in the stored text, e.g. `argon2id`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::D => "argon2d",
            Self::I => "argon2i",
            Self::Id => "argon2id",
        }
    }

    /// The function of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let all = [Self::D, Self::I, Self::Id];
        all.into_iter().find(|variety| variety.name() == name)
    }
}
