//! A laid out table as Markdown, as LaTeX and as terminal text.

use super::grid::{Align, Grid};

/// The table for a repository; columns are padded so that the source reads well, too.
pub(super) fn markdown(grid: &Grid) -> String {
    let headings: Vec<String> = grid.headings.iter().map(|text| markdown_cell(text)).collect();
    let rows: Vec<Vec<String>> =
        grid.rows.iter().map(|row| row.iter().map(|text| markdown_cell(text)).collect()).collect();
    let widths = widths(&headings, &rows, 3);
    let line = |cells: &[String]| format!("| {} |", padded(cells, &widths, &grid.aligns, " | "));
    let rule = |(align, &width): (&Align, &usize)| match align {
        Align::Left => format!(":{}", "-".repeat(width - 1)),
        Align::Right => format!("{}:", "-".repeat(width - 1)),
    };
    let rules: Vec<String> = grid.aligns.iter().zip(&widths).map(rule).collect();
    let mut lines = vec![format!("**{}**", markdown_cell(&grid.caption)), String::new()];
    lines.extend([line(&headings), line(&rules)]);
    lines.extend(rows.iter().map(|row| line(row)));
    for note in &grid.notes {
        lines.extend([String::new(), markdown_cell(note)]);
    }
    joined(&lines)
}

/// Lines, each with its end.
fn joined(lines: &[String]) -> String {
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
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
        format!("    {} \\\\", cells.join(" & "))
    };
    let mut lines = vec![
        "% needs \\usepackage{booktabs}".to_owned(),
        "\\begin{table}".to_owned(),
        "  \\centering".to_owned(),
        format!("  \\caption{{{}}}", latex_text(&grid.caption)),
        format!("  \\begin{{tabular}}{{{columns}}}"),
        "    \\toprule".to_owned(),
        line(&grid.headings),
        "    \\midrule".to_owned(),
    ];
    lines.extend(grid.rows.iter().map(|row| line(row)));
    lines.extend(["    \\bottomrule".to_owned(), "  \\end{tabular}".to_owned()]);
    let notes = grid.notes.iter();
    lines.extend(notes.map(|note| format!("  \\par\\footnotesize {}", latex_text(note))));
    lines.push("\\end{table}".to_owned());
    joined(&lines)
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
        text
    };
    let gaps = 2 * widths.len().saturating_sub(1);
    let rule = "─".repeat(widths.iter().sum::<usize>() + gaps);
    let mut lines = vec![grid.caption.clone(), String::new(), line(&grid.headings), rule];
    lines.extend(grid.rows.iter().map(|row| line(row)));
    if !grid.notes.is_empty() {
        lines.push(String::new());
    }
    lines.extend(grid.notes.iter().cloned());
    joined(&lines)
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
