//! A table, counted with a recorder of Prometheus, and without one.

use metrics_exporter_prometheus::PrometheusBuilder;

use crate::{Both, ByPattern, Counter, Counters, Gauge, Histogram, Kind};

label_values! {
    /// What became of a cup.
    enum Fate { Drunk = "drunk", Cold = "cold" }
}

label_values! {
    /// What was in it.
    enum Drink { Tea = "tea", Coffee = "coffee", Milk = "milk" }
}

table! {
    /// What the kitchen counts.
    static KITCHEN: KitchenMetrics {
        /// Cups, by what became of them
        /// and what was in them.
        cups: Counters<Both<Fate, Drink>> = "kitchen_cups_total" by ["fate", "drink"] in Count;
        /// Orders.
        orders: Counter = "kitchen_orders_total" in Count;
        /// People at the table.
        people: Gauge = "kitchen_people" in Count;
        /// How long water takes to boil.
        boiling: Histogram = "kitchen_boiling_seconds" in Seconds;
        /// What was asked for at the door.
        doors: ByPattern<Counter> = "kitchen_doors_total" by ["door"] in Count;
    }
}

fn serve(kitchen: &KitchenMetrics) {
    kitchen.cups.of(Both(Fate::Cold, Drink::Coffee)).increment(2);
    kitchen.orders.increment(0);
    kitchen.people.set(3.0);
    kitchen.boiling.record(0.25);
    kitchen.doors.of(["back".into()]).increment(1);
}

#[test]
fn every_combination_is_there_from_the_start_and_counts_for_itself() {
    let recorder = PrometheusBuilder::new().build_recorder();
    metrics::with_local_recorder(&recorder, || {
        let kitchen = KitchenMetrics::register();
        KitchenMetrics::TABLE.iter().for_each(crate::Metric::describe);
        serve(&kitchen);
    });
    let shown = recorder.handle().render();
    for line in [
        "kitchen_cups_total{fate=\"cold\",drink=\"coffee\"} 2",
        "kitchen_cups_total{fate=\"cold\",drink=\"milk\"} 0",
        "kitchen_cups_total{fate=\"drunk\",drink=\"tea\"} 0",
        "kitchen_orders_total 0",
        "kitchen_people 3",
        "kitchen_boiling_seconds_count 1",
        "kitchen_doors_total{door=\"back\"} 1",
        "# HELP kitchen_cups_total Cups, by what became of them and what was in them.",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line} is not in\n{shown}");
    }
    assert_eq!(shown.matches("kitchen_cups_total{").count(), 6);
}

#[test]
fn without_a_recorder_nothing_is_counted_and_nothing_fails() {
    serve(&KITCHEN);
}

#[test]
fn the_table_says_what_there_is() {
    let kinds: Vec<Kind> = KitchenMetrics::TABLE.iter().map(|row| row.kind).collect();
    assert_eq!(kinds, [Kind::Counter, Kind::Counter, Kind::Gauge, Kind::Histogram, Kind::Counter]);
    let cups = KitchenMetrics::TABLE[0];
    assert_eq!(cups.values(), [vec!["drunk", "cold"], vec!["tea", "coffee", "milk"]]);
    assert_eq!(cups.labels.len(), cups.values().len());
}
