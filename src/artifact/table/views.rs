//! A laid out table as Markdown, as LaTeX and as terminal text.

use super::grid::{Align, Grid};

/// The table for a repository; columns are padded so that the source reads well, too.
pub(super) fn markdown(grid: &Grid) -> String {
    let headings: Vec<String> = grid.headings.iter().map(|text| markdown_cell(text)).collect();
    let rows: Vec<Vec<String>> =
        grid.rows.iter().map(|row| row.iter().map(|text| markdown_cell(text)).collect()).collect();
    let widths = widths(&headings, &rows, 3);
    let mut text = format!("**{}**\n\n", markdown_cell(&grid.caption));
    let line = |cells: &[String]| format!("| {} |\n", padded(cells, &widths, &grid.aligns, " | "));
    text.push_str(&line(&headings));
    let rules: Vec<String> = grid
        .aligns
        .iter()
        .zip(&widths)
        .map(|(align, &width)| match align {
            Align::Left => format!(":{}", "-".repeat(width - 1)),
            Align::Right => format!("{}:", "-".repeat(width - 1)),
        })
        .collect();
    text.push_str(&line(&rules));
    rows.iter().for_each(|row| text.push_str(&line(row)));
    for note in &grid.notes {
        text.push_str(&format!("\n{}\n", markdown_cell(note)));
    }
    text
}

fn markdown_cell(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\r' => escaped.push(' '),
            '\\' | '|' | '*' | '<' | '`' | '[' | ']' => escaped.extend(['\\', character]),
            _ => escaped.push(character),
        }
    }
    escaped
}

/// The table for a paper.
pub(super) fn latex(grid: &Grid) -> String {
    let columns: String = grid
        .aligns
        .iter()
        .map(|align| match align {
            Align::Left => 'l',
            Align::Right => 'r',
        })
        .collect();
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|text| latex_text(text)).collect();
        format!("    {} \\\\\n", cells.join(" & "))
    };
    let mut text = String::from("% needs \\usepackage{booktabs}\n\\begin{table}\n  \\centering\n");
    text.push_str(&format!("  \\caption{{{}}}\n", latex_text(&grid.caption)));
    text.push_str(&format!("  \\begin{{tabular}}{{{columns}}}\n    \\toprule\n"));
    text.push_str(&line(&grid.headings));
    text.push_str("    \\midrule\n");
    grid.rows.iter().for_each(|row| text.push_str(&line(row)));
    text.push_str("    \\bottomrule\n  \\end{tabular}\n");
    for note in &grid.notes {
        text.push_str(&format!("  \\par\\footnotesize {}\n", latex_text(note)));
    }
    text.push_str("\\end{table}\n");
    text
}

fn latex_text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => escaped.extend(['\\', character]),
            '\\' => escaped.push_str("\\textbackslash{}"),
            '~' => escaped.push_str("\\textasciitilde{}"),
            '^' => escaped.push_str("\\textasciicircum{}"),
            '<' => escaped.push_str("\\textless{}"),
            '>' => escaped.push_str("\\textgreater{}"),
            '|' => escaped.push_str("\\textbar{}"),
            '±' => escaped.push_str("$\\pm$"),
            '×' => escaped.push_str("$\\times$"),
            '†' => escaped.push_str("\\textsuperscript{\\dag}"),
            '‡' => escaped.push_str("\\textsuperscript{\\ddag}"),
            '–' => escaped.push_str("--"),
            '—' => escaped.push_str("---"),
            'δ' => escaped.push_str("$\\delta$"),
            '\n' | '\r' => escaped.push(' '),
            _ => escaped.push(character),
        }
    }
    escaped
}

/// The table in aligned columns, without markup.
pub(super) fn terminal(grid: &Grid) -> String {
    let widths = widths(&grid.headings, &grid.rows, 1);
    let line = |cells: &[String]| {
        let mut text = padded(cells, &widths, &grid.aligns, "  ");
        text.truncate(text.trim_end().len());
        text.push('\n');
        text
    };
    let gaps = 2 * widths.len().saturating_sub(1);
    let mut text = format!("{}\n\n{}", grid.caption, line(&grid.headings));
    text.push_str(&"─".repeat(widths.iter().sum::<usize>() + gaps));
    text.push('\n');
    grid.rows.iter().for_each(|row| text.push_str(&line(row)));
    if !grid.notes.is_empty() {
        text.push('\n');
    }
    for note in &grid.notes {
        text.push_str(note);
        text.push('\n');
    }
    text
}

fn widths(headings: &[String], rows: &[Vec<String>], least: usize) -> Vec<usize> {
    let width = |text: &String| text.chars().count();
    (0..headings.len())
        .map(|column| {
            let cells = rows.iter().map(|row| width(&row[column]));
            cells.max().unwrap_or(0).max(width(&headings[column])).max(least)
        })
        .collect()
}

fn padded(cells: &[String], widths: &[usize], aligns: &[Align], gap: &str) -> String {
    let cells: Vec<String> = cells
        .iter()
        .zip(widths)
        .zip(aligns)
        .map(|((text, &width), align)| match align {
            Align::Left => format!("{text:<width$}"),
            Align::Right => format!("{text:>width$}"),
        })
        .collect();
    cells.join(gap)
}
