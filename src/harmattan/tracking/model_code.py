"""The code that MLflow keeps beside a stored model and runs to load it (its "models from code" form)."""

from harmattan.tracking.served import serve

serve()
