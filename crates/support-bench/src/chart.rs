//! Bars, as SVG: groups along the ground, a bar of each series in every group, its value above it, and a line where a target
//! is. It knows nothing of what it shows.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::Stop;

const WIDTH: i32 = 760;
const HEIGHT: i32 = 340;

/// The field of the bars: what is left of the picture.
const LEFT: i32 = 64;
const RIGHT: i32 = WIDTH - 16;
const TOP: i32 = 66;
const BOTTOM: i32 = HEIGHT - 40;

/// Told apart by those who see colours otherwise, too.
const COLOURS: [RGBColor; 4] =
    [RGBColor(0x8a, 0x8f, 0x98), RGBColor(0x1f, 0x77, 0xb4), RGBColor(0xd9, 0x8c, 0x1a), RGBColor(0x2c, 0x8c, 0x5a)];
const INK: RGBColor = RGBColor(0x24, 0x29, 0x2f);
const FAINT: RGBColor = RGBColor(0xd8, 0xdc, 0xe0);
const TARGET: RGBColor = RGBColor(0xc6, 0x28, 0x28);

/// A picture.
#[derive(Debug, Clone, Default)]
pub struct Bars {
    /// Above it: what is shown, and what the heights count.
    pub title: String,
    /// What is side by side in a group.
    pub series: Vec<String>,
    /// What stands along the ground.
    pub groups: Vec<Group>,
    /// Digits behind the point of a value.
    pub digits: usize,
}

/// Bars side by side.
#[derive(Debug, Clone, Default)]
pub struct Group {
    /// Below them.
    pub label: String,
    /// One for each series.
    pub heights: Vec<f64>,
    /// Where a target is, over the width of the group.
    pub target: Option<f64>,
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

impl Bars {
    /// The picture as SVG.
    ///
    /// # Errors
    /// When it cannot be drawn.
    pub fn to_svg(&self) -> Result<String, Stop> {
        let mut svg = String::new();
        {
            let size = (WIDTH.unsigned_abs(), HEIGHT.unsigned_abs());
            let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
            self.draw(&area).map_err(Stop::when("a picture"))?;
            area.present().map_err(Stop::when("a picture"))?;
        }
        Ok(svg)
    }

    fn draw(&self, area: &Area<'_>) -> Result<(), Box<dyn std::error::Error>> {
        area.fill(&WHITE)?;
        write(area, &self.title, (16, 12), 17, HPos::Left, INK)?;
        let has_target = self.groups.iter().any(|group| group.target.is_some());
        let mut right = 16;
        for (name, colour) in self.series.iter().zip(COLOURS) {
            area.draw(&Rectangle::new([(right, 42), (right + 12, 54)], colour.filled()))?;
            write(area, name, (right + 18, 42), 13, HPos::Left, INK)?;
            right += 40 + 7 * i32::try_from(name.chars().count())?;
        }
        if has_target {
            area.draw(&PathElement::new([(right, 48), (right + 14, 48)], TARGET.stroke_width(2)))?;
            write(area, "target", (right + 20, 42), 13, HPos::Left, INK)?;
        }
        let scale = Scale::over(self.highest());
        for mark in scale.marks() {
            let y = scale.pixel(mark);
            area.draw(&PathElement::new([(LEFT, y), (RIGHT, y)], FAINT))?;
            write(area, &shown(mark, scale.digits()), (LEFT - 8, y - 7), 12, HPos::Right, INK)?;
        }
        self.draw_groups(area, &scale)
    }

    fn draw_groups(&self, area: &Area<'_>, scale: &Scale) -> Result<(), Box<dyn std::error::Error>> {
        let count = i32::try_from(self.groups.len().max(1))?;
        let width = (RIGHT - LEFT) / count;
        let gap = width / 6;
        let bar = (width - 2 * gap) / i32::try_from(self.series.len().max(1))?;
        for (place, group) in (0..).zip(&self.groups) {
            let left = LEFT + place * width + gap;
            for ((number, height), colour) in (0..).zip(&group.heights).zip(COLOURS) {
                let (from, y) = (left + number * bar, scale.pixel(*height));
                area.draw(&Rectangle::new([(from + 2, y), (from + bar - 2, BOTTOM)], colour.filled()))?;
                write(area, &shown(*height, self.digits), (from + bar / 2, y - 16), 12, HPos::Center, INK)?;
            }
            if let Some(target) = group.target {
                let (y, right) = (scale.pixel(target), LEFT + (place + 1) * width - gap);
                area.draw(&PathElement::new([(left - gap / 2, y), (right + gap / 2, y)], TARGET.stroke_width(2)))?;
            }
            write(area, &group.label, (LEFT + place * width + width / 2, BOTTOM + 10), 13, HPos::Center, INK)?;
        }
        area.draw(&PathElement::new([(LEFT, BOTTOM), (RIGHT, BOTTOM)], INK))?;
        Ok(())
    }

    fn highest(&self) -> f64 {
        let heights = self.groups.iter().flat_map(|group| group.heights.iter().copied().chain(group.target));
        heights.fold(0.0, f64::max)
    }
}

fn write(
    area: &Area<'_>,
    text: &str,
    at: (i32, i32),
    size: i32,
    side: HPos,
    colour: RGBColor,
) -> Result<(), Box<dyn std::error::Error>> {
    let style = ("sans-serif", size).into_font().color(&colour).pos(Pos::new(side, VPos::Top));
    area.draw(&Text::new(text.to_owned(), at, style))?;
    Ok(())
}

/// A number on a picture.
fn shown(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let (whole, fraction) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + fraction
}

/// From 0 to a round number a little above the highest bar.
#[derive(Debug)]
struct Scale {
    step: f64,
    steps: u32,
}

impl Scale {
    fn over(highest: f64) -> Self {
        // A bar of nothing needs a ground, too.
        let highest = if highest > 0.0 { highest * 1.08 } else { 1.0 };
        let power = 10_f64.powf((highest / 5.0).log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power).into_iter().find(|step| step * 6.0 >= highest);
        let step = step.unwrap_or(10.0 * power);
        Self { step, steps: (highest / step).ceil() as u32 }
    }

    fn marks(&self) -> impl Iterator<Item = f64> {
        (0..=self.steps).map(|number| f64::from(number) * self.step)
    }

    /// Digits behind the point that its marks need.
    fn digits(&self) -> usize {
        if self.step >= 1.0 { 0 } else { (-self.step.log10()).ceil() as usize }
    }

    fn pixel(&self, value: f64) -> i32 {
        let top = self.step * f64::from(self.steps);
        BOTTOM - (f64::from(BOTTOM - TOP) * value / top).round() as i32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bars() -> Bars {
        Bars {
            title: "Messages a second".to_owned(),
            series: vec!["pgbench".to_owned(), "the desk & its database".to_owned()],
            groups: vec![
                Group { label: "16 senders".to_owned(), heights: vec![4_607.0, 8_000.0], target: None },
                Group { label: "64 senders".to_owned(), heights: vec![5_932.0, 12_345.0], target: Some(8_898.0) },
            ],
            digits: 0,
        }
    }

    #[test]
    fn the_picture_has_all_that_it_is_made_of() {
        let svg = bars().to_svg().unwrap();
        let all =
            ["Messages a second", "pgbench", "the desk &amp; its database", "16 senders", "4,607", "12,345", "target"];
        for text in all {
            assert!(svg.contains(text), "{text}: {svg}");
        }
        // Of each series one in the legend and one in each group.
        for colour in ["#8A8F98", "#1F77B4"] {
            assert_eq!(svg.matches(colour).count(), 3, "{colour}: {svg}");
        }
        let without = Bars { groups: bars().groups.into_iter().take(1).collect(), ..bars() };
        assert!(!without.to_svg().unwrap().contains("target"));
    }

    #[test]
    fn a_bar_is_as_high_as_its_value() {
        let scale = Scale::over(100.0);
        assert_eq!((scale.pixel(0.0), scale.marks().last()), (BOTTOM, Some(120.0)));
        let (half, whole) = (BOTTOM - scale.pixel(50.0), BOTTOM - scale.pixel(100.0));
        assert!((2 * half - whole).abs() <= 1 && whole < BOTTOM - TOP);
        assert!(Scale::over(0.0).pixel(0.0) == BOTTOM && Scale::over(0.4).digits() == 1);
    }

    #[test]
    fn nothing_can_be_drawn_too() {
        assert!(Bars::default().to_svg().unwrap().starts_with("<svg"));
    }
}
