"""Backup and restore: one file that holds a dump of the tables and a manifest of what must be in them."""

from app.backup.archive import Archive, BackupError, Manifest, open_archive
from app.backup.check import compare
from app.backup.dump import write_backup
from app.backup.restore import Restored, restore, tables_in_the_way

__all__ = [
    "Archive",
    "BackupError",
    "Manifest",
    "Restored",
    "compare",
    "open_archive",
    "restore",
    "tables_in_the_way",
    "write_backup",
]
