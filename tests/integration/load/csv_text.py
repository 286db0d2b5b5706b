"""Rows of texts and None as the CSV that a load reads: NULL is the empty field, the empty text is quoted."""


def csv_field(value):
    if value is None:
        return ""
    return '"' + value.replace('"', '""') + '"' if value == "" or set(value) & set('",\r\n') else value


def csv_line(row):
    return ",".join(map(csv_field, row)) + "\n"


def csv_text(header, rows):
    return header + "\n" + "".join(map(csv_line, rows))
