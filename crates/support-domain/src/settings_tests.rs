//! What may be saved as a setting, what becomes of it, and that what was saved reads the same again.

use proptest::prelude::*;

use super::*;
use crate::MediaType;

fn saved(value: Value) -> Map<String, Value> {
    let Value::Object(object) = value else { unreachable!("a test gives an object") };
    object
}

fn refusal(setting: Setting, value: &Value) -> String {
    SettingsPatch::default().set(setting, value).unwrap_err().sentence().to_owned()
}

#[test]
fn what_the_hosts_page_posts_is_read() {
    let (patch, ignored) = SettingsPatch::from_saved(&saved(json!({
        "maxMessageLength": 2000, "maxAttachmentSizeMB": 10, "allowedMimeTypes": "image/jpeg,image/png, application/pdf",
        "defaultPriority": "high", "autoAssignMode": "round_robin", "businessHoursEnabled": true,
        "businessHoursStart": "08:30", "businessHoursEnd": "17:00", "somethingNewer": 7
    })));
    assert_eq!(ignored, []);
    let settings = DeskSettings::default().patched(&patch);
    assert_eq!((settings.max_message_chars, settings.max_attachment_bytes), (2_000, 10 * 1024 * 1024));
    assert!(!settings.allowed_media_types.contains(MediaType::Webp));
    assert_eq!(settings.value(Setting::AllowedMimeTypes), json!(["image/jpeg", "image/png", "application/pdf"]));
    assert_eq!((settings.default_priority, settings.auto_assign_mode), (Priority::High, AutoAssignMode::RoundRobin));
    assert!(settings.business_hours.enabled);
    assert_eq!(settings.business_hours.start.to_string(), "08:30");
}

#[test]
fn what_is_out_of_its_range_is_left_out_with_a_reason() {
    let (patch, ignored) = SettingsPatch::from_saved(&saved(
        json!({"maxMessageLength": 99, "maxAttachmentSizeMB": 50, "defaultPriority": null}),
    ));
    assert_eq!(patch, SettingsPatch { max_attachment_bytes: Some(50 * MEGABYTE), ..SettingsPatch::default() });
    let [ignored] = ignored.as_slice() else { unreachable!("one is out of its range: {ignored:?}") };
    assert_eq!(ignored.setting, Setting::MaxMessageLength);
    assert_eq!(ignored.reason.sentence(), "must be a whole number from 100 to 10000");
}

#[test]
fn every_setting_has_its_range() {
    let of = |setting, good: &[Value], bad: &[Value]| {
        for value in good {
            assert!(SettingsPatch::default().set(setting, value).is_ok(), "{setting} {value}");
        }
        for value in bad {
            assert!(SettingsPatch::default().set(setting, value).is_err(), "{setting} {value}");
        }
    };
    of(
        Setting::MaxMessageLength,
        &[json!(100), json!(10_000)],
        &[json!(99), json!(10_001), json!(100.5), json!("100")],
    );
    of(Setting::MaxAttachmentSize, &[json!(1), json!(50)], &[json!(0), json!(51), json!(-1), json!(true)]);
    let types = [json!([]), json!(""), json!(["image/svg+xml"]), json!("image/png,text/html"), json!([1]), json!(1)];
    of(
        Setting::AllowedMimeTypes,
        &[json!(["image/png"]), json!("image/png,"), json!(["image/png", "image/png"])],
        &types,
    );
    of(Setting::DefaultPriority, &[json!("low"), json!("urgent")], &[json!("LOW"), json!(1)]);
    of(Setting::AutoAssignMode, &[json!("manual"), json!("round_robin")], &[json!("random"), json!(false)]);
    of(Setting::BusinessHoursEnabled, &[json!(true), json!(false)], &[json!("true"), json!(1)]);
    let times = [json!("24:00"), json!("9:00"), json!("09:60"), json!("09:00:00"), json!("+9:00"), json!(9), json!("")];
    of(Setting::BusinessHoursStart, &[json!("00:00"), json!("23:59")], &times);
    of(Setting::BusinessHoursEnd, &[json!("00:00"), json!("23:59")], &times);
}

#[test]
fn a_refusal_does_not_repeat_the_value() {
    for setting in Setting::ALL {
        let sentence = refusal(*setting, &json!("hunter2"));
        assert!(sentence.starts_with("must ") && !sentence.contains("hunter2"), "{setting}: {sentence}");
    }
}

#[test]
fn a_change_sets_resets_and_leaves_the_rest() {
    let before = SettingsPatch {
        max_message_chars: Some(500),
        default_priority: Some(Priority::Low),
        business_hours_enabled: Some(true),
        ..SettingsPatch::default()
    };
    let set = SettingsPatch { default_priority: Some(Priority::High), ..SettingsPatch::default() };
    let change = SettingsChange { set, reset: vec![Setting::MaxMessageLength] };
    let after = before.changed(&change);
    let expected = SettingsPatch {
        default_priority: Some(Priority::High),
        business_hours_enabled: Some(true),
        ..SettingsPatch::default()
    };
    assert_eq!(after, expected);
    let configured = DeskSettings { max_message_chars: 20_000, ..DeskSettings::default() };
    assert_eq!(configured.patched(&after).max_message_chars, 20_000, "a reset leaves it to the configuration");
}

fn any_patch() -> impl Strategy<Value = SettingsPatch> {
    let time = || proptest::option::of((0_u16..1_440).prop_map(|minutes| TimeOfDay { minutes }));
    let types = proptest::sample::subsequence(MediaType::ALL, 1..=MediaType::ALL.len()).prop_map(|types| {
        MediaTypes::parse(&types.iter().map(|media_type| media_type.as_str()).collect::<Vec<_>>().join(",")).unwrap()
    });
    (
        proptest::option::of(100_usize..=10_000),
        proptest::option::of(1_usize..=50),
        proptest::option::of(types),
        proptest::option::of(proptest::sample::select(Priority::ALL)),
        proptest::option::of(proptest::sample::select(AutoAssignMode::ALL)),
        proptest::option::of(any::<bool>()),
        time(),
        time(),
    )
        .prop_map(|(chars, megabytes, types, priority, mode, enabled, start, end)| SettingsPatch {
            max_message_chars: chars,
            max_attachment_bytes: megabytes.map(|megabytes| megabytes * MEGABYTE),
            allowed_media_types: types,
            default_priority: priority,
            auto_assign_mode: mode,
            business_hours_enabled: enabled,
            business_hours_start: start,
            business_hours_end: end,
        })
}

proptest! {
    #[test]
    fn what_was_saved_reads_the_same_again(patch in any_patch()) {
        prop_assert_eq!(SettingsPatch::from_saved(&patch.to_saved()), (patch, Vec::new()));
    }

    #[test]
    fn nothing_that_is_saved_leaves_the_ranges(name in proptest::sample::select(Setting::ALL), number in any::<i64>()) {
        let (patch, _) = SettingsPatch::from_saved(&saved(json!({(name.as_str()): number})));
        let settings = DeskSettings::default().patched(&patch);
        prop_assert!((100..=10_000).contains(&settings.max_message_chars));
        prop_assert!((MEGABYTE..=50 * MEGABYTE).contains(&settings.max_attachment_bytes));
    }
}
