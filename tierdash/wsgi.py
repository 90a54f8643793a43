import os
import signal

from django.core.wsgi import get_wsgi_application

from tierdash.launcher import tether

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tierdash.settings")
# A page answers or says that the database does not; a migration or the clock's work may take its time.
os.environ.setdefault("TIERDASH_DATABASE_PATIENCE_SECONDS", "10")

if os.environ.get("TIERDASH_PART") == "web":
    # A web server that is killed outright would leave its worker processes behind, answering at the same port.
    tether.tie(signal.SIGTERM, os.getppid())

application = get_wsgi_application()
