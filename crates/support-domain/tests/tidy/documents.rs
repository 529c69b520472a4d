//! How the documents hang together: each is named in the index, and no link leads nowhere.

use super::hold;
use super::tree::{File, Tree};

const INDEX: &str = "docs/README.md";

/// The documents that the index does not name. The index of a made-up tree may be missing.
fn without_a_row(tree: &Tree) -> Vec<String> {
    let named: Vec<String> = tree
        .files
        .iter()
        .filter(|file| file.path == INDEX)
        .flat_map(|index| links(index).map(|link| link.path))
        .collect();
    let is_document = |path: &str| {
        path.strip_prefix("docs/").is_some_and(|name| name.ends_with(".md") && !name.contains('/')) && path != INDEX
    };
    let documents = tree.files.iter().map(|file| &file.path).filter(|path| is_document(path));
    documents.filter(|path| !named.contains(path)).cloned().collect()
}

/// Links to files that are not there, or to headings that their file does not have.
fn leading_nowhere(tree: &Tree) -> Vec<String> {
    // In a crate they are templates of documents, whose links are those of where they end up.
    let documents = tree.files.iter().filter(|file| file.path.ends_with(".md") && !file.path.starts_with("crates/"));
    let all = documents.flat_map(|file| links(file).map(move |link| (file, link)));
    let broken = all.filter(|(_, link)| !leads_somewhere(tree, link));
    broken.map(|(file, link)| format!("{}: {}", file.path, link.written)).collect()
}

/// A link within the project.
struct Link {
    written: String,
    /// From the project's root.
    path: String,
    /// The heading, as it stands behind the `#`.
    heading: Option<String>,
}

/// The links of a document that stay within the project, without what stands in its blocks of code.
fn links(file: &File) -> impl Iterator<Item = Link> {
    let mut in_code = false;
    let lines = file.text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        in_code ^= is_fence;
        !in_code && !is_fence
    });
    // A link's text may go over lines, its target never does.
    let targets = lines.flat_map(|line| line.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0)));
    targets.filter(|target| !target.contains("://")).map(|target| {
        let (path, heading) = target.split_once('#').map_or((target, None), |(path, heading)| (path, Some(heading)));
        let path = if path.is_empty() { file.path.clone() } else { resolve(&file.path, path) };
        Link { written: target.to_owned(), path, heading: heading.map(str::to_owned) }
    })
}

/// The path from the root that `path` means in the file `from`.
fn resolve(from: &str, path: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." | "" => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn leads_somewhere(tree: &Tree, link: &Link) -> bool {
    let Some(heading) = &link.heading else { return tree.has(&link.path) };
    let target = tree.files.iter().find(|file| file.path == link.path);
    target.is_some_and(|file| file.text.lines().any(|line| line.starts_with('#') && anchor(line) == *heading))
}

/// What a heading is called in links: small letters, digits and hyphens.
fn anchor(heading: &str) -> String {
    let kept = heading.trim_start_matches('#').trim().chars().filter_map(|c| match c {
        ' ' => Some('-'),
        '-' | '_' => Some(c),
        c if c.is_alphanumeric() => Some(c.to_ascii_lowercase()),
        _ => None,
    });
    kept.collect()
}

#[test]
fn every_document_stands_in_the_index() {
    hold(&format!("{INDEX} names each document"), &without_a_row(&Tree::of_the_project()));
}

#[test]
fn every_link_leads_somewhere() {
    hold("a link leads to a file and a heading that are there", &leading_nowhere(&Tree::of_the_project()));
}

#[test]
fn a_document_without_a_row_is_noticed() {
    let tree = Tree::of(&[
        (INDEX, "- [one](one.md#top)\n- `two.md` is only mentioned\n"),
        ("docs/one.md", ""),
        ("docs/two.md", ""),
        ("docs/sql/notes.md", ""),
    ]);
    assert_eq!(without_a_row(&tree), ["docs/two.md"]);
}

#[test]
fn links_to_nowhere_are_noticed_and_others_are_not() {
    let page = "# A page\n## The token's end\n[a](#the-tokens-end) [b](../README.md) [c](sql/) [d](https://x.example/y.md) \
                [e](gone.md) [f](#gone) [g](../README.md#gone)\n```sh\n[h](nowhere.md)\n```\n[i](picture.png)\n";
    let tree = Tree::of(&[("README.md", "# Top"), ("docs/a.md", page), ("docs/sql/x.sql", "")]);
    let broken = ["docs/a.md: gone.md", "docs/a.md: #gone", "docs/a.md: ../README.md#gone", "docs/a.md: picture.png"];
    assert_eq!(leading_nowhere(&tree), broken);
}
