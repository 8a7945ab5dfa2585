//! wrangler.toml: which database an environment means, and where its local file is.

use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use toml::{Table, Value};

use super::error::Error;

/// An environment of wrangler.toml.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Env {
    /// The top level of wrangler.toml; always local.
    Dev,
    Staging,
    Production,
}

impl Env {
    pub fn label(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Staging => "staging",
            Self::Production => "production",
        }
    }
}

/// wrangler.toml and its folder.
#[derive(Debug, Clone)]
pub struct Config {
    pub root: PathBuf,
    document: Table,
}

/// One D1 database.
#[derive(Debug, Clone)]
pub struct Database {
    pub name: String,
    /// The binding's entry of wrangler.toml, as it is there.
    pub entry: Table,
    pub migrations_dir: PathBuf,
    /// Name of wrangler's ledger table.
    pub ledger: String,
    /// What names the local file: `preview_database_id`, else `database_id`, else the binding.
    pub local_id: String,
}

impl Config {
    /// The wrangler.toml of this folder or of the nearest one above.
    pub fn find() -> Result<Self, Error> {
        let from = std::env::current_dir().map_err(|source| Error::Read {
            path: PathBuf::from("."),
            source,
        })?;
        let root = from
            .ancestors()
            .find(|dir| dir.join("wrangler.toml").is_file())
            .map(Path::to_owned)
            .ok_or(Error::NoProject { from })?;
        let path = root.join("wrangler.toml");
        let text = std::fs::read_to_string(&path).map_err(|source| Error::Read {
            path: path.clone(),
            source,
        })?;
        let document = text.parse::<Table>().map_err(|error| Error::Config {
            path,
            message: error.to_string(),
        })?;
        Ok(Self { root, document })
    }

    /// The tables that hold an environment's settings: its own, and the top level.
    fn section(&self, env: Env) -> Option<&Table> {
        match env {
            Env::Dev => Some(&self.document),
            _ => self.document.get("env")?.get(env.label())?.as_table(),
        }
    }

    /// The database of an environment: its only one, or the one bound to DB.
    pub fn database(&self, env: Env) -> Result<Database, Error> {
        let place = || match env {
            Env::Dev => "the top level".to_owned(),
            _ => format!("[env.{}]", env.label()),
        };
        let entries: Vec<&Table> = self
            .section(env)
            .and_then(|section| section.get("d1_databases"))
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_table)
            .collect();
        let text = |entry: &Table, key: &str| {
            entry
                .get(key)
                .and_then(Value::as_str)
                .map(ToOwned::to_owned)
        };
        let entry = match entries.as_slice() {
            [] => return Err(Error::NoDatabase { place: place() }),
            [only] => *only,
            many => many
                .iter()
                .find(|entry| text(entry, "binding").as_deref() == Some("DB"))
                .ok_or_else(|| Error::ManyDatabases {
                    place: place(),
                    count: many.len(),
                })?,
        };
        let binding = text(entry, "binding").unwrap_or_else(|| "DB".to_owned());
        let dir = text(entry, "migrations_dir").unwrap_or_else(|| "migrations".to_owned());
        Ok(Database {
            name: text(entry, "database_name").unwrap_or_else(|| binding.clone()),
            migrations_dir: self.root.join(dir),
            ledger: text(entry, "migrations_table").unwrap_or_else(|| "d1_migrations".to_owned()),
            local_id: text(entry, "preview_database_id")
                .or_else(|| text(entry, "database_id"))
                .unwrap_or(binding),
            entry: entry.clone(),
        })
    }

    /// Where `wrangler dev` keeps local state.
    pub fn state_dir(&self) -> PathBuf {
        self.root.join(".wrangler").join("state")
    }

    /// A wrangler.toml of nothing but this database, with the migrations in the folder `migrations` beside it.
    pub fn minimal(&self, env: Env, database: &Database) -> String {
        let mut entry = database.entry.clone();
        entry.insert("migrations_dir".into(), "migrations".into());
        entry.remove("migrations_pattern");
        let mut out = Table::new();
        let mut section = Table::new();
        section.insert("d1_databases".into(), Value::Array(vec![entry.into()]));
        for (table, target) in [
            (Some(&self.document), &mut out),
            (self.section(env), &mut section),
        ] {
            if let Some(id) = table.and_then(|table| table.get("account_id")) {
                target.insert("account_id".into(), id.clone());
            }
        }
        for key in ["name", "compatibility_date"] {
            if let Some(value) = self.document.get(key) {
                out.insert(key.into(), value.clone());
            }
        }
        if env == Env::Dev {
            out.extend(section);
        } else {
            let mut envs = Table::new();
            envs.insert(env.label().into(), section.into());
            out.insert("env".into(), envs.into());
        }
        out.to_string()
    }
}

/// Miniflare's name for a local D1 file: hex of n ‖ HMAC(k, n)[..16], where k is SHA-256 of the class name and
/// n the first 16 bytes of HMAC(k, id).
pub fn local_file(state_dir: &Path, id: &str) -> PathBuf {
    const CLASS: &str = "miniflare-D1DatabaseObject";
    let key = Sha256::digest(CLASS.as_bytes());
    let sixteen = |message: &[u8]| -> Vec<u8> {
        // HMAC takes a key of any length: this cannot fail.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else {
            return Vec::new();
        };
        mac.update(message);
        mac.finalize()
            .into_bytes()
            .iter()
            .copied()
            .take(16)
            .collect()
    };
    let mut name = sixteen(id.as_bytes());
    name.extend(sixteen(&name.clone()));
    let hex: String = name.iter().map(|byte| format!("{byte:02x}")).collect();
    state_dir
        .join("v3")
        .join("d1")
        .join(CLASS)
        .join(format!("{hex}.sqlite"))
}

#[cfg(test)]
mod tests {
    use super::local_file;

    #[test]
    fn local_file_is_the_one_that_wrangler_makes() {
        // Seen with wrangler 4.164.0 and this database_id.
        let file = local_file("s".as_ref(), "00000000-0000-0000-0000-000000000000");
        assert!(
            file.ends_with(
                "9ba2b04bf514d9facfd57ed57d849e77241a7adc99d1c1545d06688b43d84248.sqlite"
            ),
            "{}",
            file.display()
        );
    }
}
