"""Vitrine's engine: data, models, training, bundles, evaluation. Knows nothing of Streamlit."""
