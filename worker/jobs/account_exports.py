"""Create the export of an account: a ZIP of all stored data about its user and of the files they uploaded."""

import io
import json
import logging
import zipfile

from sqlalchemy import func, select

from models.accounts.account_exports import AccountExport, begin_export
from models.accounts.uploads import FETCHED, Upload
from models.accounts.users import User
from models.core.errors import BusyError
from models.platform.storage import Storage
from models.upkeep.erasure import export_user
from worker.celery_app.task_context import new_session, settings

log = logging.getLogger(__name__)

#: Once the files exceed this total, further ones are listed in the data but left out of the ZIP.
MAX_FILE_BYTES = 200 * 2**20


def make_export(export_id: int) -> None:
    """Create one export. Does nothing if it is ready or deleted; an export that keeps failing is finally given up."""
    with new_session() as session:
        may_begin = begin_export(session, export_id)
        session.commit()
        if not may_begin:
            return
        export = session.scalar(select(AccountExport).where(AccountExport.id == export_id).with_for_update())
        if export is None or export.ready_at is not None:
            return
        user = session.get_one(User, export.user_id)
        if user.deleted_at is not None:
            session.delete(export)
        else:
            uploads = session.scalars(select(Upload).where(Upload.owner_id == user.id).order_by(Upload.id)).all()
            own = [each for each in uploads if each.purpose != FETCHED]
            try:
                export.content, export.ready_at = zipped(export_user(session, user), own), func.now()
            except BusyError:  # the storage is unavailable, which is no fault of the export
                export.attempts -= 1
                session.commit()
                raise
            export.attempts = 0
        session.commit()


def zipped(data: dict, uploads: list[Upload]) -> bytes:
    """A ZIP of `data.json` and `files/`; files missing from the storage are left out."""
    archive = io.BytesIO()
    storage, room = Storage(settings().media_url), MAX_FILE_BYTES
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("data.json", json.dumps(data, ensure_ascii=False, indent=2, default=str))
        for upload in uploads:
            if upload.size > room:
                continue
            try:
                with storage.open(upload.name) as file:
                    bundle.writestr(f"files/{upload.name}", file.read())
            except FileNotFoundError:
                log.warning("export_lacks_file", extra={"upload_id": upload.id})
                continue
            room -= upload.size
    return archive.getvalue()
