//! What a crate's manifest leaves to the workspace, and what a crate may be called.

use super::hold;
use super::tree::Tree;

/// Names that say nothing: what has no better place would gather there.
const DRAWERS: &[&str] = &["common", "core", "helpers", "misc", "shared", "types", "util", "utils"];

fn own_versions(tree: &Tree) -> Vec<String> {
    let mut offenders = Vec::new();
    for manifest in tree.manifests() {
        for (kind, key, value) in manifest.dependencies() {
            if value.get("workspace").and_then(toml::Value::as_bool) != Some(true) {
                offenders.push(format!("{}: {kind}: {key} is not `{key}.workspace = true`", manifest.path));
            }
        }
    }
    offenders
}

fn own_settings(tree: &Tree) -> Vec<String> {
    let mut offenders = Vec::new();
    for manifest in tree.manifests() {
        let package = |field: &str| manifest.table.get("package")?.get(field)?.get("workspace")?.as_bool();
        for field in ["version", "edition", "rust-version", "license", "publish"] {
            if package(field) != Some(true) {
                offenders.push(format!("{}: lacks `{field}.workspace = true` in [package]", manifest.path));
            }
        }
        let lints = manifest.table.get("lints").and_then(|lints| lints.get("workspace")?.as_bool());
        if lints != Some(true) {
            offenders.push(format!("{}: lacks `workspace = true` in [lints]", manifest.path));
        }
    }
    offenders
}

fn drawers(tree: &Tree) -> Vec<String> {
    let manifests = tree.manifests();
    let is_drawer = |name: &str| name.split(['-', '_']).any(|word| DRAWERS.contains(&word));
    let named = manifests.iter().filter(|manifest| is_drawer(&manifest.name));
    named.map(|manifest| format!("{}: {}", manifest.path, manifest.name)).collect()
}

#[test]
fn only_the_workspace_says_the_version_of_a_dependency() {
    hold(
        "a crate says `name.workspace = true`, the root manifest says the rest",
        &own_versions(&Tree::of_the_project()),
    );
}

#[test]
fn every_crate_inherits_the_lints_and_the_package_fields() {
    hold("lints, version, edition and licence are the workspace's", &own_settings(&Tree::of_the_project()));
}

#[test]
fn no_crate_is_named_after_nothing() {
    hold("a crate is named after what it is about", &drawers(&Tree::of_the_project()));
}

#[test]
fn a_dependency_with_a_version_or_a_path_is_noticed() {
    let text =
        "[package]\nname = 'support-store'\n[dependencies]\nserde = '1'\nuuid = { workspace = true, features = ['v4'] }
        [dev-dependencies]\ntoml = { path = '../toml' }\n[target.x.build-dependencies]\ncc = { workspace = false }";
    let expected = [
        "crates/x/Cargo.toml: build-dependencies: cc is not `cc.workspace = true`",
        "crates/x/Cargo.toml: dependencies: serde is not `serde.workspace = true`",
        "crates/x/Cargo.toml: dev-dependencies: toml is not `toml.workspace = true`",
    ];
    assert_eq!(own_versions(&Tree::of(&[("crates/x/Cargo.toml", text)])), expected);
}

#[test]
fn a_manifest_with_settings_of_its_own_is_noticed() {
    let text = "[package]\nname = 'x'\nversion = '1.0.0'\nedition.workspace = true\nrust-version.workspace = true
        license.workspace = true\n[lints.rust]\nunsafe_code = 'allow'";
    let expected = [
        "crates/x/Cargo.toml: lacks `version.workspace = true` in [package]",
        "crates/x/Cargo.toml: lacks `publish.workspace = true` in [package]",
        "crates/x/Cargo.toml: lacks `workspace = true` in [lints]",
    ];
    assert_eq!(own_settings(&Tree::of(&[("crates/x/Cargo.toml", text)])), expected);
}

#[test]
fn a_crate_for_leftovers_is_noticed() {
    for word in DRAWERS {
        let text = format!("[package]\nname = 'support-{word}'");
        assert_eq!(
            drawers(&Tree::of(&[("crates/x/Cargo.toml", &text)])),
            [format!("crates/x/Cargo.toml: support-{word}")]
        );
    }
    assert!(drawers(&Tree::of(&[("crates/x/Cargo.toml", "[package]\nname = 'support-coreference'")])).is_empty());
}
