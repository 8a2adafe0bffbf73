"""Make the export of an account: a ZIP of all stored data about its user and of the files they uploaded."""

import io
import json
import logging
import zipfile

from sqlalchemy import func, select

from models.accounts.account_exports import AccountExport
from models.accounts.uploads import FETCHED, Upload
from models.accounts.users import User
from models.platform.storage import Storage
from models.upkeep.erasure import export_user
from worker.celery_app.task_context import new_session, settings

log = logging.getLogger(__name__)

#: Files beyond this are named in the data and left out.
MAX_FILE_BYTES = 200 * 2**20


def make_export(export_id: int) -> None:
    """Make one export. One that is ready, or gone with its account, is left alone."""
    with new_session() as session:
        export = session.scalar(select(AccountExport).where(AccountExport.id == export_id).with_for_update())
        if export is None or export.ready_at is not None:
            return
        user = session.get_one(User, export.user_id)
        if user.deleted_at is not None:
            session.delete(export)
        else:
            uploads = session.scalars(select(Upload).where(Upload.owner_id == user.id).order_by(Upload.id)).all()
            export.content = zipped(export_user(session, user), [each for each in uploads if each.purpose != FETCHED])
            export.ready_at = func.now()
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
