"""Workbooks as people save them: sheets, hidden rows and sheets, merged cells, days as numbers."""

import io

import openpyxl


def book(sheets: dict[str, list[list]], *, hidden_rows=(), hidden_sheets=(), merged=()) -> bytes:
    """An XLSX file. `hidden_rows` and `merged` (ranges such as "A2:A3") are those of the last sheet."""
    held = openpyxl.Workbook()
    held.remove(held.active)
    for name, rows in sheets.items():
        sheet = held.create_sheet(name)
        for row in rows:
            sheet.append(row)
        sheet.sheet_state = "hidden" if name in hidden_sheets else "visible"
    for number in hidden_rows:
        sheet.row_dimensions[number].hidden = True
    for cells in merged:
        sheet.merge_cells(cells)
    content = io.BytesIO()
    held.save(content)
    return content.getvalue()
