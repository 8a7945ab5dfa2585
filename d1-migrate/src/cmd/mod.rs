//! One file a command.

mod backfill;
pub mod baseline;
mod estimate;
pub mod fix;
pub mod generate;
pub mod init;
pub mod list;
mod losses;
pub mod migrate;
pub mod pull;
pub mod push;
mod renames;
pub mod rollback;
mod since;
pub mod squash;
pub mod status;
pub mod studio;
pub mod validate;

use crate::checksum;
use crate::error::Error;
use crate::project::Project;
use crate::report;

/// Writes checksums of new files and says so.
fn seal(project: &Project) -> Result<(), Error> {
    for name in project.seal()? {
        report::talk(&format!("sealed {name} in {}", checksum::FILE_NAME));
    }
    Ok(())
}
