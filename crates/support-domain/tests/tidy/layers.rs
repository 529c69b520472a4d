//! The arrows between the crates, and the libraries that a layer must not know.

use super::hold;
use super::tree::{Tree, real_name};

/// Which crates of ours a crate may name, in any kind of dependency.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("support-domain", &[]),
    ("support-attachments", &["support-domain"]),
    ("support-audit", &["support-domain"]),
    ("support-metrics", &["support-domain"]),
    ("support-rbac", &["support-domain", "support-metrics"]),
    ("support-realtime", &["support-domain", "support-metrics"]),
    ("support-store", &["support-domain", "support-metrics"]),
    (
        "support-service",
        &[
            "support-attachments",
            "support-audit",
            "support-domain",
            "support-metrics",
            "support-rbac",
            "support-realtime",
            "support-store",
        ],
    ),
    ("support-safego", &["support-audit", "support-domain", "support-rbac", "support-service", "support-store"]),
    // A client: it knows what a token is, and nothing else of the server.
    ("support-load", &["support-domain", "support-rbac"]),
    // Another one, which also looks into the databases that it has started itself.
    ("support-chaos", &["support-domain", "support-load", "support-rbac"]),
    // It runs the binaries, and measures as the load generator does.
    ("support-bench", &["support-domain", "support-load"]),
    (
        "support-http",
        &[
            "support-attachments",
            "support-audit",
            "support-domain",
            // Only its acceptance suite, which can start the server that the clients need.
            "support-chaos",
            "support-load",
            "support-metrics",
            "support-rbac",
            "support-realtime",
            "support-safego",
            "support-service",
            "support-store",
        ],
    ),
];

/// What the names of the packages begin with that a crate must not name, in any kind of dependency.
const MUST_NOT_NAME: &[(&str, &[&str])] = &[
    ("support-domain", &["actix", "diesel", "metrics", "r2d2", "tokio"]),
    ("support-attachments", &["actix", "biscuit", "diesel", "metrics"]),
    ("support-audit", &["actix", "biscuit", "diesel", "metrics"]),
    ("support-rbac", &["actix", "diesel", "metrics"]),
    ("support-metrics", &["actix", "diesel", "tokio"]),
    // The facade behind metrics is named by support-metrics, the recorder by support-http.
    ("support-realtime", &["actix", "diesel", "metrics"]),
    ("support-service", &["actix", "diesel", "metrics", "object_store"]),
    ("support-safego", &["actix", "biscuit", "metrics"]),
    ("support-store", &["actix", "biscuit", "metrics"]),
    ("support-load", &["actix", "diesel", "r2d2"]),
    ("support-chaos", &["actix", "r2d2"]),
];

fn wrong_arrows(tree: &Tree) -> Vec<String> {
    let workspace = tree.workspace();
    let manifests = tree.manifests();
    let mut offenders = Vec::new();
    for manifest in &manifests {
        let Some((_, allowed)) = MAY_NAME.iter().find(|(name, _)| *name == manifest.name) else {
            offenders.push(format!("{}: {} has no line in MAY_NAME", manifest.path, manifest.name));
            continue;
        };
        for (kind, key, _) in manifest.dependencies() {
            let package = real_name(&workspace, key);
            let is_ours = package.starts_with("support-") || manifests.iter().any(|other| other.name == package);
            if is_ours && !allowed.contains(&package) {
                offenders.push(format!("{}: {kind} names {package}", manifest.path));
            }
        }
    }
    offenders
}

fn foreign_libraries(tree: &Tree) -> Vec<String> {
    let workspace = tree.workspace();
    let mut offenders = Vec::new();
    for manifest in tree.manifests() {
        let forbidden = MUST_NOT_NAME.iter().find(|(name, _)| *name == manifest.name).map_or(&[][..], |(_, list)| list);
        for (kind, key, _) in manifest.dependencies() {
            let package = real_name(&workspace, key);
            if forbidden.iter().any(|prefix| package.starts_with(prefix)) {
                offenders.push(format!("{}: {kind} names {package}", manifest.path));
            }
        }
    }
    offenders
}

#[test]
fn a_crate_names_only_crates_below_it() {
    let rule = "http -> safego -> service -> store, realtime, attachments, audit, rbac -> domain, and siblings do not know each other";
    hold(rule, &wrong_arrows(&Tree::of_the_project()));
}

#[test]
fn a_crate_keeps_away_from_the_libraries_of_other_layers() {
    let rule = "frameworks, databases and tokens belong to one layer each: see MUST_NOT_NAME";
    hold(rule, &foreign_libraries(&Tree::of_the_project()));
}

#[test]
fn wrong_arrows_are_noticed_in_every_kind_of_dependency() {
    let workspace = "[workspace.dependencies]\nshop = { package = 'support-audit', path = 'crates/support-audit' }";
    let store =
        "[package]\nname = 'support-store'\n[dependencies]\nsupport-domain.workspace = true\nserde.workspace = true
        [dev-dependencies]\nsupport-rbac.workspace = true\n[build-dependencies]\nshop.workspace = true
        [target.'cfg(unix)'.dependencies]\nsupport-service.workspace = true";
    let tree = Tree::of(&[
        ("Cargo.toml", workspace),
        ("crates/support-store/Cargo.toml", store),
        ("crates/support-host/Cargo.toml", "[package]\nname = 'support-host'"),
    ]);
    let expected = [
        "crates/support-store/Cargo.toml: dependencies names support-service",
        "crates/support-store/Cargo.toml: dev-dependencies names support-rbac",
        "crates/support-store/Cargo.toml: build-dependencies names support-audit",
        "crates/support-host/Cargo.toml: support-host has no line in MAY_NAME",
    ];
    assert_eq!(wrong_arrows(&tree), expected);
}

#[test]
fn every_library_that_a_layer_must_not_name_is_noticed() {
    for (name, forbidden) in MUST_NOT_NAME {
        for prefix in *forbidden {
            let text =
                format!("[package]\nname = '{name}'\n[dev-dependencies]\nserde.workspace = true\n{prefix}-x = '1'");
            let path = format!("crates/{name}/Cargo.toml");
            let found = foreign_libraries(&Tree::of(&[(&path, &text)]));
            assert_eq!(found, [format!("{path}: dev-dependencies names {prefix}-x")]);
        }
    }
}
