//! Reading a file that somebody else has named: no more of it than expected, and nothing that never comes to an end. And
//! keeping a folder to oneself.
//!
//! It must not know what is in the file.

use std::fs::{File, OpenOptions};
use std::io::{self, Error, ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::{FlockOperation, OFlags, fcntl_getfl, fcntl_setfl, flock};
use rustix::io::Errno;

/// The bytes of a regular file, one more than `most` at the most; or of a pipe that somebody writes into, such as a shell's
/// `<(..)`.
///
/// # Errors
/// As for reading; and of a device, or a named pipe that nobody has open for writing, which would be waited for for ever.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let (mut bytes, file) = (Vec::new(), open(path)?);
    if file.metadata()?.file_type().is_fifo() {
        written_into(&file, &mut bytes)?;
    }
    let left = (most + 1).saturating_sub(bytes.len() as u64);
    file.take(left).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The same of a regular file alone: for what we have written ourselves.
pub fn read_regular(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let (mut bytes, file) = (Vec::new(), open(path)?);
    if !file.metadata()?.is_file() {
        return Err(Error::new(ErrorKind::InvalidInput, "it is no regular file"));
    }
    file.take(most + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether a word of a command line names a program: by a path, or found by PATH.
pub fn is_program(word: &str) -> bool {
    let runs = |path: &Path| {
        path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
    };
    if word.contains('/') {
        return runs(Path::new(word));
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    !word.is_empty() && std::env::split_paths(&folders).any(|folder| runs(&folder.join(word)))
}

/// Locks a folder for this process, until what is answered is dropped or the process ends, however it ends; `None` when
/// another process has it locked. A file system without locks locks nothing.
///
/// # Errors
/// It is no folder, or may not be opened.
pub fn lock(folder: &Path) -> io::Result<Option<File>> {
    let directory = OFlags::DIRECTORY.bits().cast_signed();
    let folder = OpenOptions::new().read(true).custom_flags(directory).open(folder)?;
    match flock(&folder, FlockOperation::NonBlockingLockExclusive) {
        Err(Errno::WOULDBLOCK) => Ok(None),
        Ok(()) | Err(_) => Ok(Some(folder)),
    }
}

/// Opens it without waiting for a pipe's other end.
fn open(path: &Path) -> io::Result<File> {
    let nonblocking = OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(nonblocking).open(path)?;
    let kind = file.metadata()?.file_type();
    if kind.is_char_device() || kind.is_block_device() {
        return Err(Error::new(ErrorKind::InvalidInput, "it is a device, not a file"));
    }
    Ok(file)
}

/// What is in a pipe, as soon as something is; from then on it is waited for.
fn written_into(mut pipe: &File, bytes: &mut Vec<u8>) -> io::Result<()> {
    let mut first = [0; 4096];
    match pipe.read(&mut first) {
        Ok(0) => {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "it is empty: a pipe that nothing is written into",
            ));
        }
        Ok(length) => bytes.extend_from_slice(&first[..length]),
        Err(error) if error.kind() == ErrorKind::WouldBlock => {}
        Err(error) => return Err(error),
    }
    let flags = fcntl_getfl(pipe)?;
    fcntl_setfl(pipe, flags - OFlags::NONBLOCK)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::thread;

    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    #[test]
    fn nothing_endless_is_read_and_nobody_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("file"), "0123456789").unwrap();
        assert_eq!(read(&path("file"), 20).unwrap(), b"0123456789");
        assert_eq!(read(&path("file"), 4).unwrap().len(), 5);
        assert_eq!(read_regular(&path("file"), 4).unwrap().len(), 5);
        assert!(read(Path::new("/dev/zero"), 4).unwrap_err().to_string().contains("device"));

        mknodat(CWD, path("pipe"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        assert!(read(&path("pipe"), 4).unwrap_err().to_string().contains("that nothing is written into"));
        assert!(read_regular(&path("pipe"), 4).unwrap_err().to_string().contains("no regular file"));
        // Whoever has opened it may take its time.
        let mut pipe = OpenOptions::new().read(true).write(true).open(path("pipe")).unwrap();
        let writer = thread::spawn(move || {
            thread::sleep(std::time::Duration::from_millis(200));
            pipe.write_all(b"late").unwrap();
        });
        assert_eq!(read(&path("pipe"), 20).unwrap(), b"late");
        writer.join().unwrap();
    }
}
