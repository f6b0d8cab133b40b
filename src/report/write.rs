//! The one place that writes artifacts, and removes those of an earlier run: all of them into temporary files beside the
//! final ones, then renamed, and only then is removed what is stale. So a renderer that fails, a crash or a full disk never
//! leaves half a `results.json`, and destroys nothing that was there.
//!
//! It must not know what is in them. Its other end is [`super::Format::render`].

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Error, Result, ensure};

use super::format::{Artifact, Format};
use super::formats::FORMATS;
use super::json;
use super::view::View;

/// Writes all artifacts into `folder`, which is made when it is not there, or none. Answers where they are.
///
/// # Errors
/// One of them cannot be written.
pub fn write(folder: &Path, artifacts: &[Artifact]) -> Result<Vec<PathBuf>> {
    let staged: Result<Vec<Staged>> =
        artifacts.iter().map(|artifact| Staged::fill(folder, artifact)).collect();
    staged?.into_iter().map(Staged::place).collect()
}

/// Renders `view` by each format that is written unasked, and writes into `folder` those files that `wanted` names. One that
/// fails keeps no other one from being written.
pub fn save(
    formats: &[&dyn Format],
    view: &View<'_>,
    folder: &Path,
    wanted: impl Fn(&str) -> bool,
) -> (Vec<PathBuf>, Unsaved) {
    let (mut staged, mut unsaved) = (Vec::new(), Unsaved::default());
    for format in formats.iter().filter(|format| !format.on_request()) {
        let artifacts = format.render(view).map_err(|why| unsaved.add(format.name(), &why));
        for artifact in artifacts.unwrap_or_default().iter().filter(|artifact| wanted(&artifact.name)) {
            match Staged::fill(folder, artifact) {
                Ok(one) => staged.push(one),
                Err(why) => unsaved.add(&artifact.name, &why),
            }
        }
    }
    let mut written = Vec::new();
    for (name, placed) in staged.into_iter().map(|one| (one.name.clone(), one.place())) {
        match placed {
            Ok(path) => written.push(path),
            Err(why) => unsaved.add(&name, &why),
        }
    }
    (written, unsaved)
}

/// Files that could not be written, and why; said together, for a full disk fails them all alike.
#[derive(Debug, Default)]
pub struct Unsaved(Vec<(String, Vec<String>)>);

impl Unsaved {
    /// One more; `why` is shown as the innermost cause alone.
    pub fn add(&mut self, name: &str, why: &Error) {
        let why = why.root_cause().to_string();
        match self.0.iter_mut().find(|(other, _)| *other == why) {
            Some((_, names)) => names.push(name.to_owned()),
            None => self.0.push((why, vec![name.to_owned()])),
        }
    }

    /// An error that names them, if there are any.
    ///
    /// # Errors
    /// There are some.
    pub fn told(self, folder: &Path) -> Result<()> {
        let each: Vec<String> =
            self.0.iter().map(|(why, names)| format!("{} ({why})", names.join(", "))).collect();
        ensure!(each.is_empty(), "not saved in {}: {}", folder.display(), each.join("; "));
        Ok(())
    }
}

/// What an earlier run or rendering has left in a folder: it must not stand beside what is written now.
pub struct Earlier(Vec<PathBuf>);

impl Earlier {
    /// Looks before anything is written. Only where results of wsbench lie, and only what goes by a name of ours: whatever
    /// lies anywhere else is somebody's.
    pub fn of(folder: &Path) -> Earlier {
        if !json::lie_in(folder) {
            return Earlier(vec![]);
        }
        let renderings = FORMATS.iter().flat_map(|format| format.renderings());
        let there = fs::read_dir(folder).into_iter().flatten().flatten();
        let results = there.filter_map(|entry| entry.file_name().into_string().ok());
        let names = renderings.chain(results.filter(|name| json::is_results(name)));
        Earlier(names.map(|name| folder.join(name)).collect())
    }

    /// Removes what has not been written again and is not to stay.
    ///
    /// # Errors
    /// A file cannot be removed.
    pub fn remove(self, written: &[PathBuf], stays: impl Fn(&str) -> bool) -> Result<()> {
        let named = |path: &Path| path.file_name().is_some_and(|name| stays(&name.to_string_lossy()));
        for path in self.0.iter().filter(|path| !written.contains(path) && !named(path)) {
            match fs::remove_file(path) {
                Err(e) if e.kind() != ErrorKind::NotFound => {
                    return Err(e).with_context(|| format!("removing the earlier run's {}", path.display()));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// A file that is written, under a name that passes.
struct Staged {
    name: String,
    path: PathBuf,
    passing: PathBuf,
}

impl Staged {
    fn fill(folder: &Path, Artifact { name, bytes }: &Artifact) -> Result<Staged> {
        ensure!(Path::new(name).file_name() == Some(name.as_ref()), "`{name}` is not a plain file name");
        fs::create_dir_all(folder).with_context(|| format!("making the folder {}", folder.display()))?;
        let passing = folder.join(format!(".{name}.{}.tmp", std::process::id()));
        let staged = Staged { name: name.clone(), path: folder.join(name), passing };
        let mut file = File::create(&staged.passing).with_context(|| staged.what())?;
        file.write_all(bytes).and_then(|()| file.sync_all()).with_context(|| staged.what())?;
        Ok(staged)
    }

    fn place(self) -> Result<PathBuf> {
        fs::rename(&self.passing, &self.path).with_context(|| self.what())?;
        Ok(self.path.clone())
    }

    fn what(&self) -> String {
        format!("writing {}", self.path.display())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // Gone where all went well; else the first error is the one to tell, and a leftover is only untidy.
        drop(fs::remove_file(&self.passing));
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    struct Fails;

    impl Format for Fails {
        fn name(&self) -> &'static str {
            "fails"
        }

        fn about(&self) -> &'static str {
            ""
        }

        fn renderings(&self) -> Vec<String> {
            vec!["old.txt".to_owned()]
        }

        fn render(&self, _: &View<'_>) -> Result<Vec<Artifact>> {
            anyhow::bail!("cannot be drawn")
        }
    }

    #[test]
    fn a_format_that_fails_is_named_and_the_others_are_written() {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("old.txt"), "old").unwrap();
        let (written, unsaved) = save(&[&Fails, &json::Json], &View::of(&[], None), folder.path(), |_| true);
        let why = unsaved.told(folder.path()).unwrap_err().to_string();
        assert!(written.is_empty() && why.ends_with(": fails (cannot be drawn)"), "{why}");
        assert_eq!(fs::read_to_string(folder.path().join("old.txt")).unwrap(), "old");
    }

    #[test]
    fn all_are_written_or_none() {
        let folder = TempDir::new().unwrap();
        let artifact = |name: &str| Artifact { name: name.to_owned(), bytes: vec![] };
        assert!(write(folder.path(), &[artifact("good"), artifact("../bad")]).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(write(folder.path(), &[artifact("good"), artifact("better")]).is_ok());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
