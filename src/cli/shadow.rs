//! Where throwaway databases are made, and where what was built is kept: for every command that takes sources.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::Context;
use super::arguments::duration;
use crate::connection::Parameters;
use crate::progress::Progress;
use crate::shadow::cache::Cache;
use crate::source::Shadow;
use crate::{Error, Result};

/// Where throwaway databases are made.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Throwaway databases")]
pub struct ShadowArguments {
    /// Make throwaway databases on this server, a service or a URI; auto: in a throwaway server
    ///
    /// The databases are called pum_shadow_… and dropped at the end. Default: PUM_SHADOW, else `shadow.server` of pum.yaml,
    /// else auto.
    #[arg(long = "shadow", value_name = "SERVER")]
    server: Option<String>,
    /// How long to wait for that server, if it is just starting, such as 30s
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = duration)]
    wait: Duration,
    /// Build everything anew, and keep nothing of it; see `pum cache`
    #[arg(long)]
    no_cache: bool,
}

impl ShadowArguments {
    /// Where throwaway databases are made: what the arguments say, else the environment, else pum.yaml.
    ///
    /// # Errors
    /// A server that is not named in a way that is understood, a size that is none.
    pub fn shadow(&self, context: &Context<'_>) -> Result<Shadow> {
        let config = &context.config;
        let named = self.named().or_else(|| config.shadow_server.clone());
        let shadow = self.on(named.as_deref(), context.terminal)?;
        Ok(Shadow { roles: config.shadow_roles.clone(), version: config.shadow_version, ..shadow })
    }

    /// The same without pum.yaml, and whether arguments or environment name a server.
    ///
    /// # Errors
    /// As [`ShadowArguments::shadow`].
    pub fn without_config(&self, progress: &dyn Progress) -> Result<(Shadow, bool)> {
        let named = self.named();
        Ok((self.on(named.as_deref(), progress)?, named.is_some()))
    }

    fn named(&self) -> Option<String> {
        self.server.clone().or_else(|| text_of("PUM_SHADOW"))
    }

    fn on(&self, named: Option<&str>, progress: &dyn Progress) -> Result<Shadow> {
        let server = match named {
            None | Some("auto") => None,
            Some("") => {
                return Err(Error::usage("--shadow names no server").hint("auto is a throwaway one"));
            }
            Some(text) => {
                let parameters = Parameters::resolve(text).map_err(|error| {
                    error.note("throwaway databases", "--shadow, PUM_SHADOW or shadow.server")
                })?;
                for warning in parameters.warnings() {
                    progress.warning(warning);
                }
                Some(parameters)
            }
        };
        let cache = if self.no_cache { None } else { Some(cache()?) };
        Ok(Shadow { server, wait: self.wait, cache, ..Shadow::default() })
    }
}

/// The cache that the environment names.
///
/// # Errors
/// A size that is none.
pub fn cache() -> Result<Cache> {
    let limit = match text_of("PUM_CACHE_SIZE") {
        None => Cache::DEFAULT_LIMIT,
        Some(text) => size(&text).ok_or_else(|| {
            Error::usage(format!("PUM_CACHE_SIZE: {text:?} is no size"))
                .hint("a size is a number with a unit, such as 500MB or 2GB")
        })?,
    };
    Ok(Cache::new(directory(), limit))
}

/// PUM_CACHE_DIR, else the user's directory for caches; without a home of one's own, a directory below the temporary one.
fn directory() -> PathBuf {
    let path = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if let Some(named) = std::env::var_os("PUM_CACHE_DIR").filter(|name| !name.is_empty()) {
        return std::path::absolute(&named).unwrap_or_else(|_| named.into());
    }
    let uid = rustix::process::geteuid().as_raw();
    // A home that is not there is nobody's, and is not made.
    let home = || path("HOME").filter(|home| home.is_dir());
    let usual = path("XDG_CACHE_HOME").or_else(|| Some(home()?.join(".cache")));
    usual
        .filter(|usual| may_write(usual, uid))
        .map_or_else(|| std::env::temp_dir().join(format!("pum-cache-{uid}")), |usual| usual.join("pum"))
}

/// Whether the nearest directory above that exists is this user's own, and can be written to: root does not write into the
/// home of somebody else, nor beside all homes.
fn may_write(path: &Path, uid: u32) -> bool {
    let existing = path.ancestors().find_map(|above| Some((above, std::fs::metadata(above).ok()?)));
    existing.is_some_and(|(above, metadata)| {
        above != Path::new("/") && metadata.uid() == uid && metadata.is_dir() && metadata.mode() & 0o200 != 0
    })
}

/// A variable that says something.
fn text_of(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.trim().is_empty())
}

/// `500MB`, `2 GB`, `1.5GiB` or a number of bytes; a unit is a power of 1024, as PostgreSQL has it.
fn size(text: &str) -> Option<u64> {
    let text = text.trim();
    let unit = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let number: f64 = text[..unit].parse().ok()?;
    let power = match text[unit..].trim().to_ascii_lowercase().trim_end_matches('b').trim_end_matches('i') {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        _ => return None,
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float that is too large is the most"
    )]
    Some((number * f64::from(2_u32).powi(power)) as u64)
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_have_units_and_bytes_need_none() {
        assert_eq!(size("0"), Some(0));
        assert_eq!(size("500MB"), Some(500 << 20));
        assert_eq!(size("2 GB"), Some(2 << 30));
        assert_eq!(size("1.5GiB"), Some(3 << 29));
        assert_eq!(size("100k"), Some(100 << 10));
        for wrong in ["", "MB", "2 XB", "-1", "1..2"] {
            assert_eq!(size(wrong), None, "{wrong}");
        }
    }
}
