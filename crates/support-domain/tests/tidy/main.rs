//! What holds for the whole tree, whoever writes in it: which crate may know which, what a manifest may say, how a
//! source file looks, what a migration may touch, where links lead. It stands in this crate because it needs nothing to be built but this.
//!
//! # How to add a rule
//! A function from a [`tree::Tree`] to its offenders, each one line that says where and what; a test that
//! [`hold`]s the tree to it; a test that it notices a made-up tree which breaks it. Nothing here may change a file.

#![cfg(test)]

mod documents;
mod layers;
mod manifests;
mod migrations;
mod sources;
mod tree;

/// Fails with all offenders, one a line.
fn hold(rule: &str, offenders: &[String]) {
    assert!(offenders.is_empty(), "{rule}\n  {}\n", offenders.join("\n  "));
}
