//! What the queries must know of the server that they are sent to.

/// A server, as its version decides what its catalogs look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Server {
    /// `server_version_num`: 150018 is 15.18.
    pub version: u32,
}

impl Server {
    /// The oldest major version whose catalogs are read.
    pub const OLDEST: u32 = 13;

    /// The major version.
    pub fn major(self) -> u32 {
        self.version / 10_000
    }

    /// `expression` if the server has this major version or a newer one, else NULL: for a column that came with it.
    pub fn since(self, major: u32, expression: &'static str) -> &'static str {
        if self.major() >= major { expression } else { "NULL" }
    }
}
