//! One process at a time: a set-up or a build waits for the running one.

use std::fs::{File, TryLockError};
use std::thread::sleep;
use std::time::Duration;

use crate::error::Error;
use crate::progress::tell;
use crate::{process, project};

/// Held until it is dropped; the system releases it when the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Waits for the lock `.tools/NAME.lock`, and reports that it waits.
pub fn acquire(name: &str) -> Result<Lock, Error> {
    let folder = project::tools_dir();
    std::fs::create_dir_all(&folder).map_err(Error::file("create", &folder))?;
    let path = folder.join(format!("{name}.lock"));
    let file = File::create(&path).map_err(Error::file("create", &path))?;
    let mut announced = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Lock { _file: file }),
            Err(TryLockError::Error(cause)) => return Err(Error::file("lock", &path)(cause)),
            Err(TryLockError::WouldBlock) if !announced => {
                tell(format_args!(
                    "==> waiting for another {name} of this project"
                ));
                announced = true;
            }
            Err(TryLockError::WouldBlock) => {
                process::interrupted()?;
                sleep(Duration::from_millis(100));
            }
        }
    }
}
