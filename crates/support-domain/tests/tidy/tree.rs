//! The files of the project as texts, read from the disk or made up for a test of a rule.

use std::fs;
use std::path::Path;

use toml::{Table, Value};

/// One text file.
pub(crate) struct File {
    /// From the project's root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// All text files of the project, in the order of their paths, and the names of the others.
pub(crate) struct Tree {
    pub(crate) files: Vec<File>,
    /// The paths of what is no text: pictures and samples.
    others: Vec<String>,
}

/// A crate's manifest.
pub(crate) struct Manifest {
    pub(crate) path: String,
    pub(crate) name: String,
    pub(crate) table: Table,
}

impl Tree {
    /// The project itself.
    pub(crate) fn of_the_project() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut tree = Self { files: Vec::new(), others: Vec::new() };
        collect(&root, "", &mut tree);
        tree.files.sort_by(|one, other| one.path.cmp(&other.path));
        // A rule over nothing would hold.
        assert!(
            tree.manifests().iter().any(|manifest| manifest.name == env!("CARGO_PKG_NAME")),
            "not the root: {root:?}"
        );
        tree
    }

    /// A made-up one, of paths and texts.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| File { path: (*path).to_owned(), text: (*text).to_owned() };
        Self { files: files.iter().map(file).collect(), others: Vec::new() }
    }

    /// Whether there is such a file or folder.
    pub(crate) fn has(&self, path: &str) -> bool {
        let mut paths = self.files.iter().map(|file| &file.path).chain(&self.others);
        paths.any(|known| known.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    }

    /// The Rust files of all crates.
    pub(crate) fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.path.starts_with("crates/") && file.path.ends_with(".rs"))
    }

    /// The manifests of all crates, without the workspace's own.
    pub(crate) fn manifests(&self) -> Vec<Manifest> {
        let is_manifest = |file: &&File| file.path.starts_with("crates/") && file.path.ends_with("/Cargo.toml");
        self.files.iter().filter(is_manifest).map(Manifest::parse).collect()
    }

    /// The workspace's manifest; empty in a made-up tree that has none.
    pub(crate) fn workspace(&self) -> Table {
        let root = self.files.iter().find(|file| file.path == "Cargo.toml");
        root.map(parse).unwrap_or_default()
    }
}

impl Manifest {
    fn parse(file: &File) -> Self {
        let table = parse(file);
        let name =
            table.get("package").and_then(|package| package.get("name")?.as_str()).unwrap_or_default().to_owned();
        Self { path: file.path.clone(), name, table }
    }

    /// Every dependency of every kind and every target: the table's name, the key, what it is set to.
    pub(crate) fn dependencies(&self) -> Vec<(&'static str, &str, &Value)> {
        let targets = self.table.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
        let mut found = Vec::new();
        for place in targets.filter_map(Value::as_table).chain([&self.table]) {
            for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
                let entries = place.get(kind).and_then(Value::as_table).into_iter().flatten();
                found.extend(entries.map(|(key, value)| (kind, key.as_str(), value)));
            }
        }
        found
    }
}

/// The real name of the package that manifests call `key`.
pub(crate) fn real_name<'a>(workspace: &'a Table, key: &'a str) -> &'a str {
    let entry = workspace.get("workspace").and_then(|table| table.get("dependencies")?.get(key)?.get("package"));
    entry.and_then(Value::as_str).unwrap_or(key)
}

fn parse(file: &File) -> Table {
    file.text.parse().unwrap_or_else(|error| panic!("{}: {error}", file.path))
}

/// Adds the files of a folder and of those below it, but for what tools make: folders that begin with a dot (other
/// than the project's own) and cargo's target folders, which carry a tag.
fn collect(folder: &Path, prefix: &str, into: &mut Tree) {
    if folder.join("CACHEDIR.TAG").exists() {
        return;
    }
    // What is gone by the time that it is read was made by a test that runs at the same time.
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        let Ok(file_type) = entry.file_type() else { continue };
        if file_type.is_dir() {
            let is_tools = name.starts_with('.') && ![".cargo", ".ci", ".config", ".github"].contains(&name.as_str());
            if !is_tools && name != "node_modules" {
                collect(&entry.path(), &format!("{path}/"), into);
            }
        } else if file_type.is_file() {
            // What is not UTF-8, or holds a zero byte, is not text.
            let text = fs::read(entry.path()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            match text.filter(|text| !text.contains('\0')) {
                Some(text) => into.files.push(File { path, text }),
                None => into.others.push(path),
            }
        }
    }
}
